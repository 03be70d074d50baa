import type { ModelContext, RowSelection, TokenId } from '../../spec/index.ts';
import type { Lane, LaneUser } from '../cache/lane.ts';
import type { LanePool } from '../cache/lane-pool.ts';
import { scoreWindow } from '../load/settings.ts';

/** Prompt tokens computed per decode while others wait for their next token. */
const prefillShare = 128;

/** Prompt tokens of idle work computed per decode: whoever comes waits for no more. */
const idleShare = 8;

/** One lane's part of a batch. */
export interface BatchEntry {
  readonly lane: Lane;
  readonly user: LaneUser;
  readonly tokens: readonly TokenId[];
  readonly rows: RowSelection;
  /** Rows before those that the lane was asked for. */
  readonly unwanted: number;
  /** Index of the first of the others among those the lane was asked for. */
  readonly firstRow: number;
}

/**
 * The next batch of a context: first the next tokens of every lane that is decoding, then the prompts,
 * each an equal share of the room that is left: of its request, which has one of its owner's. While others
 * decode, prompts together take at most `prefillShare` tokens, so that a long one does not hold up a stream.
 * Background work has what people leave, idle work what both do.
 */
export function planBatch(pool: BatchedPool): BatchEntry[] {
  for (const begin of pool.waiting) begin();
  const { batchSize, maxRows } = pool.context;
  const entries: BatchEntry[] = [];
  let room = batchSize;
  let rowRoom = maxRows;
  const take = ({ lane, user }: Part, most: number) => {
    const entry = cut(lane, user, Math.min(most, room), rowRoom);
    if (entry === undefined) return;
    entries.push(entry);
    room -= entry.tokens.length;
    rowRoom -= countRows(entry);
  };
  const parts = partsOf(pool);
  for (const priority of ['interactive', 'background', 'idle'] as const) {
    const [decoding, reading] = parts[priority];
    for (const part of decoding) take(part, room);
    if (entries.length > 0) room = Math.min(room, prefillShare);
    if (priority === 'idle') room = Math.min(room, idleShare);
    for (const [part, most] of shareRoom(reading, room)) take(part, most);
  }
  return entries;
}

/** What is batched of a pool. */
type BatchedPool = Pick<LanePool, 'lanes' | 'waiting'> & {
  readonly context: Pick<ModelContext, 'batchSize' | 'maxRows'>;
};

/** A lane with something to compute. */
interface Part {
  readonly lane: Lane;
  readonly user: LaneUser;
}

/** Those that decode, and those that read, by whose they are. */
function partsOf({ lanes }: BatchedPool) {
  const parts = {
    interactive: [[] as Part[], [] as Part[]] as const,
    background: [[] as Part[], [] as Part[]] as const,
    idle: [[] as Part[], [] as Part[]] as const,
  };
  for (const lane of lanes) {
    const { user } = lane;
    if (user === null || lane.pending.length === 0 || !user.isReady) continue;
    parts[user.share.priority][user.isDecoding ? 0 : 1].push({ lane, user });
  }
  return parts;
}

/** What room is shared among, from the outermost to the part itself. */
const sharers: readonly ((part: Part) => unknown)[] = [
  ({ user }) => user.share.owner,
  ({ user }) => user.share.request,
  (part) => part,
];

/** Room for each part, the smallest first: equal among owners, then requests, then parts. */
function shareRoom(parts: readonly Part[], room: number, level = 0): (readonly [Part, number])[] {
  const sharer = sharers[level];
  if (sharer === undefined) return parts.map((part) => [part, room]); // there is one
  return divide(groupBy(parts, sharer), room).flatMap(([group, most]) =>
    shareRoom(group, most, level + 1),
  );
}

function groupBy(parts: readonly Part[], keyOf: (part: Part) => unknown): Part[][] {
  const groups = new Map<unknown, Part[]>();
  for (const part of parts) {
    const group = groups.get(keyOf(part)) ?? [];
    groups.set(keyOf(part), group);
    group.push(part);
  }
  return [...groups.values()];
}

/** Equal shares of the room, of one token at least while there is any; what those who need little leave, the others get. */
function divide(
  groups: readonly (readonly Part[])[],
  room: number,
): (readonly [readonly Part[], number])[] {
  const wanted = (group: readonly Part[]) =>
    group.reduce((sum, { lane }) => sum + lane.pending.length, 0);
  let left = room;
  return groups
    .map((group) => [group, wanted(group)] as const)
    .toSorted(([, a], [, b]) => a - b)
    .map(([group, need], index) => {
      const equal = Math.floor(left / (groups.length - index));
      const most = Math.min(need, Math.max(equal, Math.min(1, left)));
      left -= most;
      return [group, most] as const;
    });
}

/** The first `most` pending tokens of a lane, cut so that their rows are none, the last, or all. */
function cut(lane: Lane, user: LaneUser, most: number, rowRoom: number): BatchEntry | undefined {
  const { pending, rowsFrom, rowsDelivered } = lane;
  const isWhole = pending.length <= most;
  if (isWhole && rowsFrom === pending.length - 1) {
    if (rowRoom < 1) return undefined;
    return { lane, user, tokens: pending, rows: 'last', unwanted: 0, firstRow: rowsDelivered };
  }
  // Rows of a few tokens that nobody wants cost less than a pass of their own.
  const isPrompt = rowsFrom > 0 && !(isWhole && user.isDecoding && pending.length <= rowRoom);
  const length = isPrompt
    ? Math.min(most, rowsFrom)
    : Math.min(most, pending.length, rowRoom, scoreWindow);
  if (length <= 0) return undefined;
  const tokens = pending.slice(0, length);
  const rows = isPrompt ? 'none' : 'all';
  return { lane, user, tokens, rows, unwanted: rowsFrom, firstRow: rowsDelivered };
}

function countRows({ rows, tokens }: BatchEntry): number {
  if (rows === 'none') return 0;
  return rows === 'last' ? 1 : tokens.length;
}
