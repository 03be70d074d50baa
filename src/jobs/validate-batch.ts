import type { BatchFault, BatchRecord, BatchStore, NewItem } from '../store/index.ts';
import type { ItemAnswerer } from './item-answerer.ts';
import type { JobLimits } from './limits.ts';
import { readItems } from './read-items.ts';

/** Items that are written at once. */
const writtenAtOnce = 256;

/** Faults that a batch lists at most. */
const listedFaults = 100;

/** What a batch's file is read with. */
export interface ValidationContext {
  readonly store: BatchStore;
  readonly limits: JobLimits;
  readonly answerer: ItemAnswerer;
  readonly signal: AbortSignal;
}

/**
 * Reads a batch's file and makes items of its lines; one that is not sound ends the batch.
 * @throws DutyLost, StoreError, the signal's reason
 */
export async function validateBatch(
  { store, limits, answerer, signal }: ValidationContext,
  worker: string,
  batch: BatchRecord,
): Promise<void> {
  const { id, owner, inputFileId, endpoint } = batch;
  await store.clearItems(worker, id); // of a worker that was lost
  const file = await store.files.find(owner, inputFileId);
  if (file === undefined)
    return store.fail(worker, id, [fileFault('file_deleted', 'The file was deleted.')]);
  const faults: BatchFault[] = [];
  let items: NewItem[] = [];
  let count = 0;
  let read = 0;
  const write = async (): Promise<void> => {
    await store.addItems(worker, id, count, items);
    count += items.length;
    items = [];
  };
  const chunks = file.bytes === 0 ? none() : store.files.read(file.id, 0, file.bytes - 1);
  for await (const item of readItems(chunks, { limits, answerer, endpoint, signal })) {
    if ('customId' in item) items.push(item);
    else faults.push(item);
    read += 1;
    if (read > limits.batchItems) {
      const message = `The file has more than ${limits.batchItems} requests.`;
      return store.fail(worker, id, [fileFault('too_many_requests', message)]);
    }
    if (faults.length >= listedFaults) break;
    // Once there is a fault, items are only checked.
    if (faults.length > 0) items = [];
    if (items.length >= writtenAtOnce) await write();
  }
  if (read === 0) faults.push(fileFault('empty_file', 'The file has no request.'));
  if (faults.length > 0) return store.fail(worker, id, faults);
  await write();
  await store.begin(worker, id);
}

function fileFault(code: string, message: string): BatchFault {
  return { code, message, param: null, line: null };
}

async function* none(): AsyncGenerator<Uint8Array, void> {}
