import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ThreadCount } from './thread-count.ts';

/**
 * A machine of `cores`, of which `others` programs want one each all the time. Threads spin: each runs whenever it is
 * given a core, and all get equal shares.
 */
function simulate(cores: number, most: number) {
  const machine = { others: 0, idleMs: 0, nowMs: 0 };
  const count = new ThreadCount(most, () => ({ ...machine }));
  const seen: number[] = [];
  const pass = (wallMs: number): void => {
    const wanted = count.now + machine.others;
    const share = Math.min(1, cores / wanted);
    machine.nowMs += wallMs;
    machine.idleMs += Math.max(0, cores - wanted) * wallMs;
    seen.push(count.now);
    count.observe({ wallMs, cpuMs: count.now * share * wallMs });
  };
  return {
    machine,
    count,
    /** Decodes of 10 ms. */
    run: (decodes: number): readonly number[] => {
      seen.length = 0;
      for (let i = 0; i < decodes; i++) pass(10);
      return seen;
    },
  };
}

describe('the threads of decodes', () => {
  it('are all that there are, on an idle machine', () => {
    const { run } = simulate(4, 4);
    expect(new Set(run(1000))).toEqual(new Set([4]));
  });

  it.each([
    [2, 1, 1],
    [2, 2, 1],
    [8, 1, 7],
    [8, 4, 4],
    [8, 20, 1],
  ])('on %d cores beside %d others are soon %d', (cores, others, fewer) => {
    const { machine, run, count } = simulate(cores, cores);
    run(50);
    machine.others = others;
    run(60);
    const rest = run(2000);
    expect(count.now).toBe(fewer);
    // Tries of one more become rare.
    expect(rest.filter((threads) => threads > fewer).length).toBeLessThan(100);
  });

  it('come back when the others have left', () => {
    const { machine, run, count } = simulate(4, 4);
    machine.others = 3;
    run(1000);
    expect(count.now).toBeLessThan(4);
    machine.others = 0;
    run(4000);
    expect(count.now).toBe(4);
  });

  it('stay between one and the most, whatever is measured', () => {
    const times = fc.record({
      wallMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
      cpuMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
      idleMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.array(times), (most, decodes) => {
        const machine = { idleMs: 0, nowMs: 0 };
        const count = new ThreadCount(most, () => ({ ...machine }));
        for (const { wallMs, cpuMs, idleMs } of decodes) {
          machine.nowMs += wallMs;
          machine.idleMs += idleMs;
          count.observe({ wallMs, cpuMs });
          expect(count.now).toBeGreaterThanOrEqual(1);
          expect(count.now).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('do not fall for one slow moment of a decode among many', () => {
    const count = new ThreadCount(2, () => ({ idleMs: 0, nowMs: 0 }));
    count.observe({ wallMs: 30, cpuMs: 60 });
    count.observe({ wallMs: 12, cpuMs: 14 });
    expect(count.now).toBe(2);
  });
});
