import { onAbort } from './on-abort.ts';

/** What `promise` settles to, or the signal's reason if that aborts first; `promise` goes on then. */
export function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stay = onAbort(signal, reject);
    promise.then(resolve, reject).finally(stay);
  });
}
