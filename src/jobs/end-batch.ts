import type { BatchRecord, BatchStore, FileWriter } from '../store/index.ts';
import { toUnansweredLine } from './item-result.ts';

/** Items that are read at once. */
const pageItems = 64;

/** What is said of items that were not answered. */
const unanswered = {
  expired: [
    'batch_expired',
    'The batch ended before this request was answered: its time was over.',
  ],
  cancelled: ['batch_cancelled', 'The batch was cancelled before this request was answered.'],
} as const;

/**
 * Writes a batch's files, which are seen when it has ended and not before.
 * @throws DutyLost, StoreError, the signal's reason
 */
export async function endBatch(
  store: BatchStore,
  worker: string,
  batch: BatchRecord,
  signal: AbortSignal,
): Promise<void> {
  const output = store.files.begin();
  const errors = store.files.begin();
  const counts = { total: 0, completed: 0, failed: 0 };
  const ending = batch.status === 'cancelling' ? 'cancelled' : 'expired';
  const [code, message] = unanswered[ending];
  try {
    for (let from = 0; ;) {
      signal.throwIfAborted();
      const items = await store.items(batch.id, from, pageItems);
      if (items.length === 0) break;
      from = items.at(-1)!.position + 1;
      for (const { customId, state, line } of items) {
        counts.total += 1;
        if (state === 'succeeded') {
          counts.completed += 1;
          await writeLine(output, line!);
          continue;
        }
        counts.failed += 1;
        await writeLine(errors, line ?? toUnansweredLine(customId, code, message).line);
      }
    }
    for (const writer of [output, errors]) await writer.flush();
    await store.end(worker, batch.id, { output: orNone(output), errors: orNone(errors) }, counts);
  } catch (error) {
    for (const writer of [output, errors]) await writer.abandon().catch(() => undefined);
    throw error;
  }
}

function writeLine(writer: FileWriter, line: string): Promise<void> {
  return writer.write(Buffer.from(`${line}\n`));
}

/** A file without lines is not shown. */
function orNone(writer: FileWriter): FileWriter | null {
  return writer.bytes === 0 ? null : writer;
}
