import { createDeferred } from './deferred.ts';
import { systemTimer, type StartTimer } from './timer.ts';
import { untilAborted } from './until-aborted.ts';

/** Waits for `delayMs` milliseconds. Rejects with the signal's reason once that aborts. */
export async function pause(
  delayMs: number,
  signal?: AbortSignal,
  startTimer: StartTimer = systemTimer,
): Promise<void> {
  const passed = createDeferred<void>();
  const cancel = startTimer(delayMs, () => passed.resolve());
  try {
    await untilAborted(passed.promise, signal);
  } finally {
    cancel();
  }
}
