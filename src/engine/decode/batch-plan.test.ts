import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ModelContext, Sequence } from '../../spec/index.ts';
import { planBatch } from './batch-plan.ts';
import { Lane, LanePool } from '../cache/lane-pool.ts';
import type { Task, TaskLane } from './task.ts';

const createPool = (batchSize = 512, maxRows = 32) =>
  new LanePool({ batchSize, maxRows } as Partial<ModelContext> as ModelContext);

const noSequence = {} as Sequence;

/** A task of one lane that asks for `pending` tokens and the rows from index `rowsFrom` on. */
function createTask(
  pool: LanePool,
  pending: number,
  {
    rowsFrom = pending - 1,
    isDecoding = pending === 1,
    isReady = true,
    share = { owner: '', request: Symbol('request') },
  } = {},
): Task {
  const lane = new Lane(pool, noSequence);
  lane.ask(
    Array.from({ length: pending }, (_, i) => i),
    rowsFrom,
  );
  const lanes: TaskLane[] = [{ lane, models: ['model'] }];
  return { lanes, isDecoding, isReady, share } as Partial<Task> as Task;
}

describe('planBatch', () => {
  it('puts the next token of everything that decodes before any prompt', () => {
    const pool = createPool(8);
    const prompt = createTask(pool, 100);
    const decoding = Array.from({ length: 8 }, () => createTask(pool, 1));
    const entries = planBatch(pool, [prompt, ...decoding]);
    expect(entries.map(({ task }) => task)).toEqual(decoding);
    expect(entries.every(({ rows }) => rows === 'last')).toBe(true);
  });

  it('gives prompts what is left, but little of it while others decode', () => {
    const pool = createPool(512);
    const prompt = createTask(pool, 2000);
    expect(planBatch(pool, [prompt])[0]!.tokens).toHaveLength(512);
    const [stream, chunk] = planBatch(pool, [prompt, createTask(pool, 1)]);
    expect([stream!.tokens.length, chunk!.tokens.length]).toEqual([1, 128]);
    expect(chunk!.rows).toBe('none');
  });

  it('shares the room among prompts; what short ones leave, long ones get', () => {
    const pool = createPool(300);
    const prompts = [createTask(pool, 1000), createTask(pool, 40), createTask(pool, 1000)];
    const lengths = new Map(
      planBatch(pool, prompts).map(({ task, tokens }) => [task, tokens.length]),
    );
    expect(prompts.map((task) => lengths.get(task))).toEqual([130, 40, 130]);
  });

  it('ends a prompt with its last row, and a window of rows is never more than the room for them', () => {
    const pool = createPool(512, 20);
    expect(planBatch(pool, [createTask(pool, 30)])[0]).toMatchObject({ rows: 'last' });
    const windows = [0, 1].map(() => createTask(pool, 16, { rowsFrom: 0, isDecoding: false }));
    const entries = planBatch(pool, windows);
    expect(entries.map(({ tokens }) => tokens.length)).toEqual([16, 4]);
    expect(entries.every(({ rows }) => rows === 'all')).toBe(true);
  });

  it('leaves out tasks that are not ready and lanes of other contexts', () => {
    const pool = createPool();
    const other = createTask(createPool(), 5);
    expect(planBatch(pool, [createTask(pool, 5, { isReady: false }), other])).toEqual([]);
  });

  it('never exceeds the batch or the rows, and always makes progress', () => {
    const pending = fc.integer({ min: 1, max: 700 });
    fc.assert(
      fc.property(
        fc.array(pending, { minLength: 1, maxLength: 16 }),
        fc.integer({ min: 16, max: 600 }),
        (lengths, batchSize) => {
          const pool = createPool(batchSize, 16);
          const entries = planBatch(
            pool,
            lengths.map((length) => createTask(pool, length)),
          );
          const tokens = entries.reduce((sum, entry) => sum + entry.tokens.length, 0);
          const rows = entries.filter((entry) => entry.rows === 'last').length;
          expect(tokens).toBeGreaterThan(0);
          expect(tokens).toBeLessThanOrEqual(batchSize);
          expect(rows).toBeLessThanOrEqual(16);
        },
      ),
    );
  });
});
