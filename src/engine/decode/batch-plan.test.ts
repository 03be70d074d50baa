import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Priority, Sequence } from '../../spec/index.ts';
import { Lane } from '../cache/lane.ts';
import type { LaneUser } from '../cache/lane.ts';
import { planBatch } from './batch-plan.ts';

interface Asked {
  /** Tokens that are lacking, and the index of the first whose row is wanted. */
  readonly pending: number;
  readonly rowsFrom?: number;
  readonly isDecoding?: boolean;
  readonly isReady?: boolean;
  readonly owner?: string;
  readonly request?: unknown;
  readonly priority?: Priority;
}

/** A lane that asks for `pending` tokens, and by default for the row of the last. */
function createLane({ pending, rowsFrom = pending - 1, ...given }: Asked): Lane {
  const {
    isDecoding = pending === 1,
    isReady = true,
    owner = '',
    priority = 'interactive',
  } = given;
  const share = { owner, request: given.request ?? Symbol('request'), priority };
  const lane = new Lane({} as Sequence);
  lane.user = { share, isReady, isDecoding } as Partial<LaneUser> as LaneUser;
  lane.ask(rowsFrom, () => Array.from({ length: pending }, (_, i) => i));
  return lane;
}

const plan = (lanes: readonly Lane[], { batchSize = 512, maxRows = 32, begin = () => {} } = {}) =>
  planBatch({ context: { batchSize, maxRows }, lanes, waiting: new Set([begin]) });

const sizes = (lanes: readonly Lane[], room?: { batchSize?: number; maxRows?: number }) => {
  const entries = plan(lanes, room);
  return lanes.map((lane) => entries.find((entry) => entry.lane === lane)?.tokens.length ?? 0);
};

describe('planBatch', () => {
  it('puts the next token of everything that decodes before any prompt', () => {
    const prompt = createLane({ pending: 100 });
    const decoding = Array.from({ length: 8 }, () => createLane({ pending: 1 }));
    const entries = plan([prompt, ...decoding], { batchSize: 8 });
    expect(entries.map(({ lane }) => lane)).toEqual(decoding);
    expect(entries.every(({ rows }) => rows === 'last')).toBe(true);
  });

  it('gives prompts what is left, but little of it while others decode', () => {
    const prompt = createLane({ pending: 2000 });
    expect(plan([prompt])[0]!.tokens).toHaveLength(512);
    const [stream, chunk] = plan([prompt, createLane({ pending: 1 })]);
    expect([stream!.tokens.length, chunk!.tokens.length]).toEqual([1, 128]);
    expect(chunk!.rows).toBe('none');
  });

  it('shares the room among prompts; what short ones leave, long ones get', () => {
    const prompts = [1000, 40, 1000].map((pending) => createLane({ pending }));
    expect(sizes(prompts, { batchSize: 300 })).toEqual([130, 40, 130]);
  });

  it('shares it among owners first, then among their requests', () => {
    const request = Symbol('large');
    const lanes = [
      createLane({ pending: 500, owner: 'a', request }),
      createLane({ pending: 500, owner: 'a', request }),
      createLane({ pending: 500, owner: 'a' }),
      createLane({ pending: 500, owner: 'b' }),
    ];
    expect(sizes(lanes, { batchSize: 400 })).toEqual([50, 50, 100, 200]);
  });

  it('ends a prompt with its last row, and a window of rows is never more than the room for them', () => {
    expect(plan([createLane({ pending: 30 })], { maxRows: 20 })[0]).toMatchObject({ rows: 'last' });
    const windows = [0, 1].map(() => createLane({ pending: 16, rowsFrom: 0, isDecoding: false }));
    const entries = plan(windows, { maxRows: 20 });
    expect(entries.map(({ tokens }) => tokens.length)).toEqual([16, 4]);
    expect(entries.every(({ rows }) => rows === 'all')).toBe(true);
  });

  it('computes what comes before the first row that is wanted, and then the rows', () => {
    const lane = createLane({ pending: 10, rowsFrom: 7 });
    expect(plan([lane])[0]).toMatchObject({ tokens: [0, 1, 2, 3, 4, 5, 6], rows: 'none' });
    lane.advance(7);
    expect(plan([lane])[0]).toMatchObject({ tokens: [7, 8, 9], rows: 'all', firstRow: 0 });
  });

  it('computes a text of which no row is wanted', () => {
    const lane = createLane({ pending: 10, rowsFrom: 10 });
    expect(plan([lane])[0]).toMatchObject({ rows: 'none' });
    expect(sizes([lane])).toEqual([10]);
  });

  it('leaves out lanes that are idle or whose users are not ready', () => {
    const idle = createLane({ pending: 5 });
    idle.user = null;
    expect(plan([idle, createLane({ pending: 5, isReady: false })])).toEqual([]);
  });

  it('asks those who wait for a lane first', () => {
    const lanes: Lane[] = [];
    const entries = plan(lanes, { begin: () => lanes.push(createLane({ pending: 3 })) });
    expect(entries).toHaveLength(1);
  });

  it('gives background work what people leave', () => {
    const lanes = [
      createLane({ pending: 1, priority: 'background' }),
      createLane({ pending: 500, priority: 'background' }),
      createLane({ pending: 7 }),
    ];
    expect(sizes(lanes, { batchSize: 7 })).toEqual([0, 0, 7]);
    expect(sizes(lanes, { batchSize: 8 })).toEqual([1, 0, 7]);
    expect(sizes(lanes)).toEqual([1, 128, 7]);
  });

  it('never exceeds the batch or the rows, and always makes progress', () => {
    const pending = fc.integer({ min: 1, max: 700 });
    fc.assert(
      fc.property(
        fc.array(pending, { minLength: 1, maxLength: 16 }),
        fc.integer({ min: 16, max: 600 }),
        (lengths, batchSize) => {
          const lanes = lengths.map((length) => createLane({ pending: length }));
          const entries = plan(lanes, { batchSize, maxRows: 16 });
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
