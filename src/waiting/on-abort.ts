import { getMaxListeners, defaultMaxListeners, setMaxListeners } from 'node:events';

/**
 * Calls `listener` once when the signal aborts, at once where it has already.
 *
 * One signal may end any number of requests that run beside each other: Node's warning at eleven listeners,
 * which is meant for those that nobody takes away, is turned off for it, unless its owner chose a limit.
 *
 * @returns Takes the listener away.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  listener: (reason: unknown) => void,
): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    listener(signal.reason);
    return () => {};
  }
  allowMany(signal);
  const onEvent = (): void => listener(signal.reason);
  signal.addEventListener('abort', onEvent, { once: true });
  return () => signal.removeEventListener('abort', onEvent);
}

function allowMany(signal: AbortSignal): void {
  try {
    if (getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(0, signal);
  } catch {
    // Node 20 knows of no limit of a signal of `AbortSignal.any`, and warns of none.
  }
}
