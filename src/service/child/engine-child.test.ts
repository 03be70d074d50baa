import { describe, expect, it } from 'vitest';

import type { EngineStats, ServedRecipe } from '../../spec/index.ts';
import { silenceLimit } from './engine-child.ts';
import type { FromEngine } from './protocol.ts';

const limits = { hangMs: 20, loadingHangMs: 60 };
const stats = {} as EngineStats;
const status = (...states: ServedRecipe['state'][]): FromEngine => ({
  kind: 'status',
  stats,
  recipes: states.map((state) => ({ state }) as ServedRecipe),
});

describe('how long the engine may be silent', () => {
  it.each<[string, FromEngine, number | undefined]>([
    ['is short once it is ready', { kind: 'ready' }, 20],
    ['is long while any recipe loads', status('ready', 'loading'), 60],
    ['is short again when none does', status('ready', 'failed', 'unloaded'), 20],
    ['is not changed by a sign of life', { kind: 'status', stats }, undefined],
    ['is not changed by an answer', { kind: 'end', id: 1 }, undefined],
  ])('%s', (_, message, limit) => {
    expect(silenceLimit(message, limits)).toBe(limit);
  });
});
