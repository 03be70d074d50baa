import { describe, expect, it } from 'vitest';

import { DecodeCosts } from './decode-costs.ts';

function measured(given: Readonly<Record<number, number>>, times = 3): DecodeCosts {
  const costs = new DecodeCosts();
  for (const [tokens, ms] of Object.entries(given)) {
    for (let i = 0; i < times; i++) costs.record(Number(tokens), ms);
  }
  return costs;
}

describe('what decodes cost', () => {
  it('is unknown before anything was measured', () => {
    expect(new DecodeCosts().of(1)).toBeUndefined();
    expect(measured({ 65: 100, 0: 1 }).of(1)).toBeUndefined(); // a prompt, and nothing
  });

  it('is what was measured, on a line between, and the nearest below the least', () => {
    const costs = measured({ 2: 10, 6: 30 });
    expect([2, 6, 3, 4, 1].map((tokens) => costs.of(tokens))).toEqual([10, 30, 15, 20, 10]);
  });

  it('rises beyond the most by a share of it, until that is measured', () => {
    const costs = measured({ 1: 100 });
    expect(costs.of(5)).toBeCloseTo(100 * (1 + 4 * 0.3), 10);
    for (let i = 0; i < 3; i++) costs.record(5, 110);
    expect(costs.of(5)).toBeCloseTo(110, 10);
    expect(costs.of(3)).toBeCloseTo(105, 10);
  });

  it('follows a machine that has become slower, and not one decode that stood still', () => {
    const costs = measured({ 1: 10 }, 20);
    costs.record(1, 10_000);
    expect(costs.of(1)).toBeLessThan(15);
    for (let i = 0; i < 30; i++) costs.record(1, 20);
    expect(costs.of(1)).toBeCloseTo(20, 0);
  });

  it('is not taken for slow by one measurement between faster ones', () => {
    const costs = measured({ 1: 10, 5: 20 });
    costs.record(3, 400);
    expect(costs.of(3)).toBeCloseTo(15, 10);
    costs.record(3, 400);
    costs.record(3, 400);
    expect(costs.of(3)).toBeCloseTo(400, 10);
  });

  it('is known where about as many tokens were measured enough, and lately', () => {
    const costs = measured({ 16: 10 }, 2);
    expect(costs.isKnown(16)).toBe(false);
    costs.record(16, 10);
    expect([12, 13, 16, 21, 22].map((tokens) => costs.isKnown(tokens))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    for (let i = 0; i < 100; i++) costs.record(48, 10);
    expect([16, 48].map((tokens) => costs.isKnown(tokens))).toEqual([false, true]);
  });
});
