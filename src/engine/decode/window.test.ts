import { describe, expect, it } from 'vitest';

import { parseFormula, planComposition, type VocabularyAlignment } from '../../compose/index.ts';
import { KernelPool } from '../cache/kernel-pool.ts';
import { Window } from './window.ts';

const size = 5;
const plan = planComposition({
  formula: parseFormula('base + 2 * (expert - base)', { models: ['base', 'expert'], params: [] }),
  base: 'base',
  params: {},
});

function createWindow(capacity: number) {
  const kernels = new KernelPool();
  const ownRows = new Map<string, VocabularyAlignment>([
    [
      'reward',
      {
        kind: 'equal',
        baseSize: size,
        otherSize: size,
        lacking: [],
        report: '',
      },
    ],
  ]);
  return new Window({
    plan,
    vocabSize: size,
    ownRows,
    promptLength: 10,
    capacity,
    kernels,
  });
}

const rowOf = (salt: number) => Float32Array.from({ length: size }, (_, i) => salt * 10 + i * i);

/** Of the rows that models give after `salt`: `2 expert - base`. */
const composedOf = (salt: number) =>
  Array.from(rowOf(salt), (base, i) => 2 * rowOf(salt + 1)[i]! - base);

function fill(window: Window, position: number, salt: number): void {
  window.add('expert', position, rowOf(salt + 1));
  window.add('base', position, rowOf(salt));
  window.add('reward', position, rowOf(salt + 2));
}

function open(window: Window, first: number, count: number): void {
  window.open(first);
  window.reach(count);
}

function read(window: Window, position: number) {
  window.goTo(position);
  const row = window.kernels.row(window.composition.finish());
  const reward = window.ownRow('reward');
  return { composed: [...row], reward: Array.from(row, (_, i) => reward.value(i)) };
}

describe('a window', () => {
  it('composes each of its positions by itself, in whatever order rows come', () => {
    const window = createWindow(3);
    open(window, 7, 3);
    for (const index of [2, 0, 1]) fill(window, 7 + index, index);
    for (const index of [1, 0, 2]) {
      expect(read(window, 7 + index)).toEqual({
        composed: composedOf(index),
        reward: [...rowOf(index + 2)],
      });
    }
  });

  it('knows what it holds', () => {
    const window = createWindow(3);
    expect([-1, 0, 1].map((position) => window.holds(position))).toEqual([false, false, false]);
    open(window, 4, 2);
    expect([3, 4, 5, 6].map((position) => window.holds(position))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    window.close();
    expect(window.holds(4)).toBe(false);
  });

  it('forgets what it held when it is opened again, at its first position', () => {
    const window = createWindow(2);
    open(window, 0, 2);
    for (const index of [0, 1]) fill(window, index, index);
    window.goTo(1);
    open(window, 2, 2);
    expect(window.ownRow('reward').isPresent).toBe(false);
    fill(window, 2, 5);
    expect(read(window, 2).composed).toEqual(composedOf(5));
    expect(() => read(window, 3)).toThrow('The composition at position 13 still needs');
  });

  it('counts the rows of a model from its first position on, and forgets those it is told to', () => {
    const window = createWindow(4);
    open(window, 5, 2);
    for (const position of [5, 6]) {
      window.add('expert', position, rowOf(position));
      window.add('reward', position, rowOf(position + 1));
    }
    window.reach(4);
    window.add('expert', 8, rowOf(8));
    expect(['expert', 'reward', 'base'].map((model) => window.rowsOf(model))).toEqual([2, 2, 0]);
    window.goTo(6);
    expect([...window.kernels.row(window.modelRow('expert'))]).toEqual([...rowOf(6)]);
    expect([...window.kernels.row(window.modelRow('reward'))]).toEqual([...rowOf(7)]);
    window.truncate(6);
    expect([5, 6, 7].map((position) => window.holds(position))).toEqual([true, false, false]);
    expect(window.rowsOf('expert')).toBe(1);
    window.reach(2);
    expect(window.rowsOf('expert')).toBe(1);
    window.truncate(3);
    expect(window.holds(5)).toBe(false);
  });

  it('gives its rows back, and takes others', () => {
    const kernels = new KernelPool();
    const options = { plan, vocabSize: size, promptLength: 0, capacity: 2, kernels };
    const [first, second] = [new Window(options), new Window(options)];
    first.open(0);
    const rows = first.kernels;
    first.close();
    first.close();
    second.open(0);
    first.open(0);
    expect(second.kernels).toBe(rows);
    expect(first.kernels).not.toBe(rows);
  });

  it('names the position of a row that is no number', () => {
    const window = createWindow(2);
    open(window, 3, 2);
    expect(() => window.add('base', 4, rowOf(NaN))).toThrow('at position 14');
    expect(() => window.add('reward', 4, rowOf(NaN))).toThrow('at position 14');
  });
});
