import { createDeferred } from './deferred.ts';
import { systemTimer, type StartTimer } from './timer.ts';
import { untilAborted } from './until-aborted.ts';

/** Waits for `delayMs` milliseconds. Rejects with the signal's reason once that aborts. */
export async function pause(
  delayMs: number,
  signal?: AbortSignal,
  startTimer: StartTimer = systemTimer,
): Promise<void> {
  const { promise, resolve } = createDeferred<void>();
  const cancel = startTimer(delayMs, () => resolve());
  try {
    await untilAborted(promise, signal);
  } finally {
    cancel();
  }
}
