/** What `promise` settles to, or the signal's reason if that aborts first; `promise` goes on then. */
export function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    const stay = (): void => signal.removeEventListener('abort', leave);
    promise.then(resolve, reject).finally(stay);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
}
