import { open, type FileHandle } from 'node:fs/promises';

import { replaceFile } from '../../files/index.ts';
import { StoreError } from '../../spec/index.ts';
import {
  itemCostSchema,
  itemResultSchema,
  keyText,
  type ItemCost,
  type ItemKey,
  type ItemResult,
} from './item-result.ts';
import { formatJsonLines, readJsonLines } from './json-lines.ts';
import type { RunFiles } from './run-directory.ts';

/** An item's result and, if it was generated, its cost. */
export interface ItemRecord {
  readonly result: ItemResult;
  readonly cost: ItemCost | null;
}

/**
 * Results and costs of an evaluation, appended to their files. What is acknowledged outlives a crash; a
 * line that a crash has torn is dropped. Of several results of one item the last one counts.
 */
export class ResultLog implements AsyncDisposable {
  readonly #files: RunFiles;
  readonly #results: FileHandle;
  readonly #costs: FileHandle;
  readonly #records: Map<string, ItemRecord>;
  #pending: ItemRecord[] = [];
  #flushing: Promise<void> = Promise.resolve();

  /** @throws StoreError if a line is damaged. */
  static async open(files: RunFiles): Promise<ResultLog> {
    const results = await readJsonLines(files.results, itemResultSchema);
    const costs = await readJsonLines(files.costs, itemCostSchema);
    const costOf = new Map(costs.lines.map((cost) => [keyText(cost), cost]));
    const records = new Map(
      results.lines.map((result) => {
        const key = keyText(result);
        return [key, { result, cost: costOf.get(key) ?? null }];
      }),
    );
    return new ResultLog(
      files,
      await openAt(files.results, results.byteLength),
      await openAt(files.costs, costs.byteLength),
      records,
    );
  }

  private constructor(
    files: RunFiles,
    results: FileHandle,
    costs: FileHandle,
    records: Map<string, ItemRecord>,
  ) {
    this.#files = files;
    this.#results = results;
    this.#costs = costs;
    this.#records = records;
  }

  get(key: ItemKey): ItemRecord | undefined {
    return this.#records.get(keyText(key));
  }

  /** Resolves once the record is on disk. Those that come while others are written go together. */
  append(record: ItemRecord): Promise<void> {
    this.#records.set(keyText(record.result), record);
    this.#pending.push(record);
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  /** Leaves the files in the order of these keys, one line to each: the same after every course. */
  async settle(keys: readonly ItemKey[]): Promise<ItemRecord[]> {
    await this.#flushing;
    const records = keys.flatMap((key) => this.get(key) ?? []);
    const costs = records.flatMap(({ cost }) => cost ?? []);
    await replaceFile(this.#files.costs, formatJsonLines(costs));
    await replaceFile(this.#files.results, formatJsonLines(records.map(({ result }) => result)));
    return records;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing.catch(() => {}); // whoever appended has the error
    await this.#results.close();
    await this.#costs.close();
  }

  /** Costs first: no result is without its cost. */
  async #flush(): Promise<void> {
    const records = this.#pending;
    if (records.length === 0) return;
    this.#pending = [];
    await append(
      this.#costs,
      this.#files.costs,
      records.flatMap(({ cost }) => cost ?? []),
    );
    await append(
      this.#results,
      this.#files.results,
      records.map(({ result }) => result),
    );
  }
}

/** A file to append to, what is behind `byteLength` cut off. */
async function openAt(file: string, byteLength: number): Promise<FileHandle> {
  const handle = await open(file, 'a');
  await handle.truncate(byteLength);
  return handle;
}

async function append(handle: FileHandle, file: string, lines: readonly unknown[]): Promise<void> {
  if (lines.length === 0) return;
  try {
    await handle.appendFile(formatJsonLines(lines));
    await handle.datasync();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new StoreError(
      code === 'ENOSPC' ? 'full' : 'other',
      `${file} cannot be written: ${message}. What it holds is kept: make that possible and run again.`,
      { cause },
    );
  }
}
