import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DecodeCosts } from '../cache/decode-costs.ts';
import { chooseDraft, type ContextLoad, type DraftOption } from './draft-choice.ts';

/** A context whose decodes of n tokens take `first + slope (n - 1)` milliseconds. */
function load(first: number, slope: number, more: Partial<ContextLoad> = {}): ContextLoad {
  const costs = new DecodeCosts();
  for (let i = 0; i < 3; i++) {
    for (let tokens = 1; tokens <= 64; tokens++) costs.record(tokens, first + slope * (tokens - 1));
  }
  return { costs, generations: 1, lanes: 1, ...more };
}

const copies = (rate: number, most: number): DraftOption => ({
  drafter: 'copies',
  rate,
  most,
  context: null,
});

describe('the choice of a draft', () => {
  it('is none before anything was measured, or where nothing is gained', () => {
    const unknown = { costs: new DecodeCosts(), generations: 1, lanes: 1 };
    expect(chooseDraft([unknown], [copies(0.9, 8)])).toBeNull();
    expect(chooseDraft([load(100, 100)], [copies(0.9, 8)])).toBeNull();
    expect(chooseDraft([load(100, 5)], [])).toBeNull();
    expect(chooseDraft([load(100, 5)], [copies(0.01, 8)])).toBeNull();
  });

  it('is none where nobody has measured lately what goes without it', () => {
    const costs = new DecodeCosts();
    const context = { costs, generations: 16, lanes: 1 };
    for (let i = 0; i < 200; i++) costs.record(48, 100);
    expect(chooseDraft([context], [copies(0.95, 2)])).toBeNull();
    for (let i = 0; i < 3; i++) costs.record(16, 90);
    expect(chooseDraft([context], [copies(0.95, 2)])).toMatchObject({ drafter: 'copies' });
    for (let i = 0; i < 100; i++) costs.record(48, 100);
    expect(chooseDraft([context], [copies(0.95, 2)])).toBeNull();
  });

  it('is long where tokens are cheap to check and drafts are right', () => {
    expect(chooseDraft([load(100, 1)], [copies(0.99, 8)])).toEqual({
      drafter: 'copies',
      length: 8,
    });
    const short = chooseDraft([load(100, 30)], [copies(0.6, 8)]);
    expect(short!.length).toBeLessThan(3);
  });

  it('sees that a crowd makes every checked token dearer', () => {
    const alone = chooseDraft([load(100, 20)], [copies(0.7, 8)]);
    const crowd = chooseDraft([load(100, 20, { generations: 16 })], [copies(0.7, 8)]);
    expect(alone!.length).toBeGreaterThan(crowd?.length ?? 0);
  });

  it('sees that what a constraint forces comes without a draft, too', () => {
    const contexts = [load(100, 30)];
    expect(chooseDraft(contexts, [copies(0.7, 8)], 1)!.length).toBeGreaterThan(1);
    expect(chooseDraft(contexts, [copies(0.7, 8)], 0.3)).toBeNull();
  });

  it('lets the base draft before a costly pair, and a cheap expert before a large base', () => {
    const large = { base: load(100, 30), pair: load(45, 12, { lanes: 2 }) };
    const byBase = { drafter: 'base', rate: 0.96, most: 8, context: large.base };
    expect(chooseDraft([large.base, large.pair], [byBase])!.drafter).toBe('base');
    const [base, expert] = [load(1000, 80), load(40, 4)];
    const options = [
      { drafter: 'base', rate: 0.95, most: 8, context: base },
      { drafter: 'expert', rate: 0.8, most: 8, context: expert },
    ];
    expect(chooseDraft([base, expert], options)!.drafter).toBe('expert');
  });

  it('is the best of all there are, by the formula of what it promises', () => {
    const ms = fc.integer({ min: 1, max: 300 });
    const rate = fc.double({ min: 0.05, max: 0.98, noNaN: true });
    fc.assert(
      fc.property(ms, ms, rate, rate, fc.integer({ min: 1, max: 8 }), (a, b, r, q, most) => {
        const [base, expert] = [load(a, a / 8), load(b, b / 10)];
        const options = [copies(r, most), { drafter: 'expert', rate: q, most, context: expert }];
        const chosen = chooseDraft([base, expert], options);
        const tokens = (p: number, n: number) =>
          Array.from({ length: n + 1 }, (_, i) => p ** i).reduce((sum, each) => sum + each, 0);
        const v = (first: number, slope: number, n: number) => first + slope * (n - 1);
        const speeds = new Map([['none 0', 1.1 / (0.15 + a + b)]]);
        for (let n = 1; n <= most; n++) {
          const checking = v(a, a / 8, n + 1);
          speeds.set(`copies ${n}`, tokens(r, n) / (0.15 + checking + v(b, b / 10, n + 1)));
          speeds.set(`expert ${n}`, tokens(q, n) / (0.15 + checking + b + n * (b + 0.15)));
        }
        const best = Math.max(...speeds.values());
        const own = chosen === null ? 'none 0' : `${chosen.drafter} ${chosen.length}`;
        expect(speeds.get(own)).toBeCloseTo(best, 10);
      }),
    );
  });
});
