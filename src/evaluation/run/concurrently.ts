import { setMaxListeners } from 'node:events';

/**
 * Runs `work` on every element in order, at most `limit` at once. After a failure nothing more is begun
 * and what runs is aborted.
 * @throws What failed first, or the signal's reason.
 */
export async function forEachConcurrently<Element>(
  elements: Iterable<Element>,
  limit: number,
  signal: AbortSignal,
  work: (element: Element, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  setMaxListeners(0, ending); // many requests listen to it at once
  const rest = elements[Symbol.iterator]();
  const runLane = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      if (ending.aborted) return;
      await work(next.value, ending);
    }
  };
  await Promise.all(
    Array.from({ length: limit }, () => runLane().catch((error) => failing.abort(error))),
  );
  ending.throwIfAborted();
}
