import { expect, it } from 'vitest';

import { Acceptances } from './acceptances.ts';

function recorded(acceptances: Acceptances, pattern: string, drafter = 'base'): Acceptances {
  for (const each of pattern) acceptances.record(drafter, each === '+');
  return acceptances;
}

it('a drafter is believed to be right mostly until it was tried, and then as it was', () => {
  const none = new Acceptances();
  expect(none.rateOf('base')).toBe(0.75);
  expect(recorded(new Acceptances(), '-'.repeat(40)).rateOf('base')).toBeLessThan(0.1);
  expect(recorded(new Acceptances(), '+'.repeat(400)).rateOf('base')).toBe(0.99);
  expect(recorded(new Acceptances(), '+-'.repeat(100)).rateOf('base')).toBeCloseTo(0.5, 1);
});

it('an answer believes what others had, and soon its own', () => {
  const all = recorded(new Acceptances(), '+'.repeat(200));
  const own = new Acceptances(all);
  expect(own.rateOf('base')).toBeGreaterThan(0.9);
  recorded(own, '-'.repeat(12));
  expect(own.rateOf('base')).toBeLessThan(0.4);
  expect(all.rateOf('base')).toBeGreaterThan(0.85); // it learned of them, too
  expect(own.rateOf('copies')).toBe(0.75);
});

it('what was long ago counts less', () => {
  const acceptances = recorded(new Acceptances(), '+'.repeat(1000) + '-'.repeat(250));
  expect(acceptances.rateOf('base')).toBeLessThan(0.55);
});
