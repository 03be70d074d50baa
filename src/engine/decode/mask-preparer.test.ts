import { describe, expect, it } from 'vitest';

import type { ConstraintState } from '../../spec/index.ts';
import { MaskPreparer } from './mask-preparer.ts';

interface Slice {
  readonly name: string;
  readonly steps: number;
  readonly turn: number;
}

let turn = 0;

/** Asks for so many slices before its mask is ready. */
function fakeState(name: string, slices: number, log: Slice[], error?: Error): ConstraintState {
  let left = slices;
  const prepareMask = (_: number, steps: number): boolean => {
    log.push({ name, steps, turn });
    if (left-- > 0) return false;
    if (error !== undefined) throw error;
    return true;
  };
  return { prepareMask } as unknown as ConstraintState;
}

const { signal } = new AbortController();

async function countTurns(until: Promise<unknown>): Promise<void> {
  const count = (): void => {
    turn++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await until;
  clearImmediate(next);
}

describe('MaskPreparer', () => {
  it('needs no turn for what is ready', () => {
    const log: Slice[] = [];
    expect(new MaskPreparer().prepare(fakeState('a', 0, log), 9, signal)).toBeUndefined();
    expect(log).toHaveLength(1);
  });

  it('does one slice in a turn, however many wait, and takes them in turns', async () => {
    const log: Slice[] = [];
    const preparer = new MaskPreparer();
    const all = ['a', 'b', 'c'].map(
      async (name, i) => await preparer.prepare(fakeState(name, 2 + i, log), 9, signal),
    );
    const first = log.splice(0);
    expect(first.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    await countTurns(Promise.all(all));
    expect(log.map(({ name }) => name).join('')).toBe('abcabcbcc');
    const turns = log.map((slice) => slice.turn);
    expect(new Set(turns).size).toBe(turns.length);
    expect(Math.max(...log.map(({ steps }) => steps))).toBeLessThanOrEqual(10_000);
  });

  it('hands on what the mask throws, and drops who has left', async () => {
    const log: Slice[] = [];
    const preparer = new MaskPreparer();
    const failing = preparer.prepare(fakeState('a', 2, log, new Error('no token')), 9, signal);
    const left = new AbortController();
    const leaving = preparer.prepare(fakeState('b', 1e9, log), 9, left.signal);
    const staying = preparer.prepare(fakeState('c', 3, log), 9, signal);
    left.abort(new Error('left'));
    await Promise.all([
      expect(failing).rejects.toThrow('no token'),
      expect(leaving).rejects.toThrow('left'),
      expect(staying).resolves.toBeUndefined(),
    ]);
    expect(log.filter(({ name }) => name === 'b')).toHaveLength(1);
  });
});
