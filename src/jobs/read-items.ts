import { setImmediate } from 'node:timers/promises';

import type { BatchFault } from '../store/index.ts';
import type { ItemAnswerer } from './item-answerer.ts';
import { ItemReader, type ParsedItem } from './item-line.ts';
import type { JobLimits } from './limits.ts';
import { readLines } from './lines.ts';

/** Lines that are read before others have their turn. */
const readAtOnce = 32;

/** What a file of requests is read with. */
export interface ReadingOptions {
  readonly limits: Pick<JobLimits, 'lineBytes'>;
  readonly answerer: Pick<ItemAnswerer, 'check'>;
  /** Where all must go; by default anywhere. */
  readonly endpoint?: string;
  readonly signal: AbortSignal;
}

/** The items of a file of JSONL, and what is wrong with its other lines. @throws The signal's reason */
export async function* readItems(
  chunks: AsyncIterable<Uint8Array>,
  { limits, answerer, endpoint, signal }: ReadingOptions,
): AsyncGenerator<ParsedItem | BatchFault, void> {
  const reader = new ItemReader(answerer, endpoint);
  let read = 0;
  for await (const line of readLines(chunks, limits.lineBytes)) {
    signal.throwIfAborted();
    yield reader.read(line);
    read += 1;
    if (read % readAtOnce === 0) await setImmediate();
  }
}
