import type { ExtensionRows, LanguageModel } from '../../spec/index.ts';
import { requireKind } from '../load/capabilities.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import { planBatch, type BatchEntry } from './batch-plan.ts';

/**
 * A forward pass of a context for each mixture, over what its lanes have been asked for, together what one batch holds;
 * the rows go to the lanes' users, who are also told of what fails.
 * @returns The passes: what each computed, nothing if it failed; none if there was nothing to do.
 */
export async function* decodePasses(pool: LanePool): AsyncGenerator<readonly BatchEntry[]> {
  for (const entries of byMixture(planBatch(pool), pool.lastMixture)) {
    // A pass before may have ended whom they are for.
    const wanted = entries.filter(({ lane, user }) => lane.user === user);
    if (wanted.length === 0) continue;
    pool.lastMixture = wanted[0]!.lane.mixture.join();
    yield await decodeEntries(pool, wanted);
  }
}

/**
 * All of {@link decodePasses}.
 * @returns What they computed; `undefined` if there was nothing to do.
 */
export async function decodeBatch(pool: LanePool): Promise<readonly BatchEntry[] | undefined> {
  let computed: readonly BatchEntry[] | undefined;
  for await (const entries of decodePasses(pool)) computed = [...(computed ?? []), ...entries];
  return computed;
}

/** What can be computed at once. @param first - The mixture that costs no change. */
function byMixture(entries: readonly BatchEntry[], first: string): readonly BatchEntry[][] {
  const groups = new Map<string, BatchEntry[]>();
  for (const entry of entries) {
    const key = entry.lane.mixture.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  const same = groups.get(first);
  if (same === undefined || groups.size === 1) return [...groups.values()];
  groups.delete(first);
  return [same, ...groups.values()];
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
