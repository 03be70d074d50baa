import type { RowSelection, TokenId } from '../spec/index.ts';
import { scoreWindow } from './settings.ts';
import type { LanePool } from './lane-pool.ts';
import type { Task, TaskLane } from './task.ts';

/** Prompt tokens computed per decode while others wait for their next token. */
const prefillShare = 128;

/** One lane's part of a batch. */
export interface BatchEntry {
  readonly task: Task;
  readonly use: TaskLane;
  readonly tokens: readonly TokenId[];
  readonly rows: RowSelection;
  /** Index of the first of its rows among those the lane was asked for. */
  readonly firstRow: number;
}

/**
 * The next batch of a context: first the next token of every task that is decoding, then the prompts,
 * shortest first, each an equal share of the room that is left. While others decode, prompts together
 * take at most `prefillShare` tokens, so that a long one does not hold up a stream.
 */
export function planBatch(pool: LanePool, tasks: Iterable<Task>): BatchEntry[] {
  const decoding: [Task, TaskLane][] = [];
  const reading: [Task, TaskLane][] = [];
  for (const task of tasks) {
    if (!task.isReady) continue;
    for (const use of task.lanes) {
      if (use.lane.pool !== pool || use.lane.pending.length === 0) continue;
      (task.isDecoding ? decoding : reading).push([task, use]);
    }
  }
  const { batchSize, maxRows } = pool.context;
  const entries: BatchEntry[] = [];
  let room = batchSize;
  let rowRoom = maxRows;
  const take = ([task, use]: [Task, TaskLane], most: number) => {
    const entry = cut(task, use, Math.min(most, room), rowRoom);
    if (entry === undefined) return;
    entries.push(entry);
    room -= entry.tokens.length;
    rowRoom -= countRows(entry);
  };
  for (const part of decoding) take(part, room);
  if (entries.length > 0) room = Math.min(room, prefillShare);
  reading.sort(([, a], [, b]) => a.lane.pending.length - b.lane.pending.length);
  for (const [index, part] of reading.entries()) {
    take(part, Math.max(1, Math.floor(room / (reading.length - index))));
  }
  return entries;
}

/** The first `most` pending tokens of a lane, cut so that their rows are none, the last, or all. */
function cut(task: Task, use: TaskLane, most: number, rowRoom: number): BatchEntry | undefined {
  const { pending, rowsFrom, rowsDelivered } = use.lane;
  const isWhole = pending.length <= most;
  if (isWhole && rowsFrom === pending.length - 1) {
    if (rowRoom < 1) return undefined;
    return { task, use, tokens: pending, rows: 'last', firstRow: rowsDelivered };
  }
  const isPrompt = rowsFrom > 0;
  const length = isPrompt
    ? Math.min(most, rowsFrom)
    : Math.min(most, pending.length, rowRoom, scoreWindow);
  if (length <= 0) return undefined;
  const tokens = pending.slice(0, length);
  return { task, use, tokens, rows: isPrompt ? 'none' : 'all', firstRow: rowsDelivered };
}

function countRows({ rows, tokens }: BatchEntry): number {
  if (rows === 'none') return 0;
  return rows === 'last' ? 1 : tokens.length;
}
