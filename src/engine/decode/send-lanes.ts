import type { LanePool } from '../cache/lane-pool.ts';
import type { Lane, LaneUser } from '../cache/lane.ts';
import type { BatchEntry } from './batch-plan.ts';
import { decodeEntries } from './decode-batch.ts';

/**
 * Asks for what the lanes of a context want that computes elsewhere, each by itself: one that is slow keeps nobody
 * else waiting, and what is asked for together is batched there. A lane that is given up ends its call.
 * @returns What each of the calls will have computed.
 */
export function sendLanes(pool: LanePool): Promise<readonly BatchEntry[]>[] {
  return pool.lanes.flatMap((lane) => {
    const { user, pending, flight } = lane;
    if (user === null || pending.length === 0 || flight !== undefined || !user.isReady) return [];
    return [send(pool, lane, user)];
  });
}

async function send(pool: LanePool, lane: Lane, user: LaneUser): Promise<readonly BatchEntry[]> {
  const flight = new AbortController();
  lane.flight = flight;
  const entries = await decodeEntries(pool, [next(pool, lane, user)], flight.signal);
  if (lane.flight === flight) lane.flight = undefined;
  return entries;
}

/** What is read before the first row costs nothing here; then as many rows as one call gives. */
function next({ context }: LanePool, lane: Lane, user: LaneUser): BatchEntry {
  const { pending, rowsFrom, rowsDelivered: firstRow } = lane;
  const entry = { lane, user, unwanted: 0, firstRow };
  if (rowsFrom > 0) return { ...entry, tokens: pending.slice(0, rowsFrom), rows: 'none' };
  return { ...entry, tokens: pending.slice(0, context.maxRows), rows: 'all' };
}
