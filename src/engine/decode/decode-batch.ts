import type { ExtensionRows, LanguageModel } from '../../spec/index.ts';
import { requireKind } from '../load/capabilities.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import { planBatch, type BatchEntry } from './batch-plan.ts';

/**
 * One forward pass of a context, over what its lanes have been asked for; the rows go to the lanes' users, who
 * are also told of what fails.
 * @returns What it computed; nothing if it failed; `undefined` if there was nothing to do.
 */
export async function decodeBatch(pool: LanePool): Promise<readonly BatchEntry[] | undefined> {
  const entries = planBatch(pool);
  if (entries.length === 0) return undefined;
  return decodeEntries(pool, entries);
}

/**
 * As {@link decodeBatch}, of a given batch.
 * @param signal - Once it is aborted, nobody wants to know what becomes of it.
 */
export async function decodeEntries(
  pool: LanePool,
  entries: readonly BatchEntry[],
  signal?: AbortSignal,
): Promise<readonly BatchEntry[]> {
  let results: readonly ExtensionRows[];
  try {
    results = await pool.context.extend(
      entries.map(({ lane, tokens, rows }) => ({ sequence: lane.sequence, tokens, rows })),
      signal,
    );
  } catch (error) {
    if (signal?.aborted === true) return [];
    // Nothing was appended; whose fault it is cannot be told, so all who took part are told.
    for (const user of new Set(entries.map((entry) => entry.user))) user.fail(error);
    return [];
  }
  const { model } = pool.context;
  for (const [i, entry] of entries.entries()) deliver(entry, results[i]!, model);
  return entries;
}

function deliver(
  { lane, user, tokens, unwanted, firstRow }: BatchEntry,
  { rows, hiddenStates }: ExtensionRows,
  model: LanguageModel,
): void {
  lane.advance(tokens.length);
  if (lane.user !== user) return; // it was given up meanwhile
  try {
    user.onDecoded(lane);
    for (let i = unwanted; i < rows.length; i++) {
      const row = requireKind(rows[i]!, model);
      user.take(lane, firstRow + i - unwanted, { row, hiddenState: hiddenStates[i] });
    }
  } catch (error) {
    user.fail(error);
  }
}
