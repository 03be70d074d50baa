import { EngineUnavailableError } from '../spec/index.ts';
import type { BatchFault } from '../store/index.ts';
import { createBackoff, pause } from '../waiting/index.ts';
import { isPassing, type ItemAnswerer } from './item-answerer.ts';
import type { ParsedItem } from './item-line.ts';
import { toResultLine, type ItemAnswer, type RequestResult } from './item-result.ts';
import type { JobLimits } from './limits.ts';
import { readItems, type ReadingOptions } from './read-items.ts';

/** What the lines of a file of requests say, before any is answered. */
export interface RequestFacts {
  /** The `custom_id` of every request. */
  readonly ids: ReadonlySet<string>;
  readonly faults: readonly BatchFault[];
}

/** Reads all of a file of requests. @throws The signal's reason */
export async function inspectRequests(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadingOptions,
): Promise<RequestFacts> {
  const ids = new Set<string>();
  const faults: BatchFault[] = [];
  for await (const item of readItems(chunks, options)) {
    if ('customId' in item) ids.add(item.customId);
    else faults.push(item);
  }
  return { ids, faults };
}

export interface AnsweringOptions extends ReadingOptions {
  readonly limits: Pick<JobLimits, 'lineBytes' | 'parallelItems' | 'attempts'>;
  readonly answerer: ItemAnswerer;
  readonly owner: string;
  /** Those that have an answer are not asked again. */
  readonly isAnswered: (customId: string) => boolean;
  /** Keeps what became of an item. */
  readonly onResult: (result: RequestResult) => Promise<void>;
}

/**
 * Answers the requests of a sound file, several at once and in the order of the file; each result is kept as it comes.
 * One that is refused for the moment is tried again.
 * @throws EngineUnavailableError if nobody answers any more, the signal's reason, what `onResult` throws
 */
export async function answerRequests(
  chunks: AsyncIterable<Uint8Array>,
  options: AnsweringOptions,
): Promise<void> {
  const { limits, isAnswered, onResult } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const running = new Set<Promise<void>>();
  const answerOne = async (item: ParsedItem): Promise<void> => {
    const { customId } = item;
    const answer = await answerItem(item, { ...options, signal });
    await onResult({ customId, answer, ...toResultLine(customId, answer) });
  };
  const start = (item: ParsedItem): void => {
    // The first that fails ends all.
    const one = answerOne(item)
      .catch((error: unknown) => ending.abort(error))
      .finally(() => running.delete(one));
    running.add(one);
  };
  try {
    for await (const item of readItems(chunks, { ...options, signal })) {
      if (!('customId' in item) || isAnswered(item.customId)) continue;
      start(item);
      if (running.size >= limits.parallelItems) await Promise.race(running);
    }
  } catch (error) {
    ending.abort(error);
  }
  await Promise.all(running);
  signal.throwIfAborted();
}

/** An item's answer. The engine may be lost over it, and come again. */
async function answerItem(
  { endpoint, request }: ParsedItem,
  { answerer, limits, owner, signal }: AnsweringOptions,
): Promise<ItemAnswer> {
  const backoff = createBackoff({ minMs: 250, maxMs: 15_000 });
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const isLast = attempt >= limits.attempts;
    try {
      const answered = await answerer.answer({ owner, endpoint, body: request, signal });
      signal.throwIfAborted();
      if (isLast || !isPassing(answered)) return answered;
    } catch (error) {
      signal.throwIfAborted();
      if (isLast || !(error instanceof EngineUnavailableError)) throw error;
    }
    await pause(backoff.next(), signal);
  }
}
