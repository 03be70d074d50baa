import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../spec/index.ts';
import { gapClosed, taskGapClosed } from './gap-closed.ts';
import { mean } from './statistics/mean.ts';
import { judgeRecipe } from './verdict.ts';

/** `successes` ones, then zeros. */
const shares = (successes: number, n = 100): number[] =>
  Array.from({ length: n }, (_, i) => (i < successes ? 1 : 0));

describe('taskGapClosed', () => {
  it.each([
    [
      '13B',
      91.8,
      [2.1, 6.6, 70.4, 38.6, 49.1],
      [83.4, 26.4, 0.1, 57.4, 82.0],
      [87.3, 32.4, 0.0, 61.6, 80.4],
    ],
    [
      '70B',
      87.3,
      [3.7, 9.6, 67.4, 42.3, 53.9],
      [88.0, 32.0, 0.0, 59.2, 85.1],
      [90.4, 51.8, 0.0, 68.3, 79.6],
    ],
  ])('gives the mean of the printed table, %s', (_, percent, base, composed, direct) => {
    const gaps = base.map((score, i) =>
      taskGapClosed({ base: score, composed: composed[i]!, direct: direct[i]! }),
    );
    expect(100 * mean(gaps)).toBeCloseTo(percent, 1);
  });
});

describe('gapClosed', () => {
  const good = { task: 'good', base: shares(20), composed: shares(65), direct: shares(80) };
  const toxic = {
    task: 'toxic',
    base: shares(80),
    composed: shares(30),
    direct: shares(0),
    lowerIsBetter: true,
  };
  const noise = { task: 'noise', base: shares(50), composed: shares(90), direct: shares(52) };
  const worse = { ...toxic, task: 'worse', lowerIsBetter: false };
  const options = { resamples: 300 };

  it('averages the tasks that count, and names the others', () => {
    const result = gapClosed([good, toxic, noise, worse], options);
    expect(result.tasks).toEqual([
      { task: 'good', gapClosed: expect.closeTo(0.75, 12) as number },
      { task: 'toxic', gapClosed: 0.625 },
    ]);
    expect(result.leftOut).toEqual([
      {
        task: 'noise',
        reason:
          'direct tuning is not significantly better than the base (p = 0.50, n = 100, level 0.05)',
      },
      { task: 'worse', reason: expect.stringMatching(/^direct tuning is not better/) as string },
    ]);
    const { estimate, from, to } = result.mean!;
    expect(estimate).toBeCloseTo(0.6875, 12);
    expect(from).toBeLessThan(0.6875);
    expect(to).toBeGreaterThan(0.6875);
    expect(to - from).toBeLessThan(0.2);
  });

  it('has no mean without a task', () => {
    expect(gapClosed([noise], options).mean).toBeNull();
  });

  it('refuses what is not paired', () => {
    const wrong = { ...good, composed: [1] };
    expect(() => gapClosed([wrong], options)).toThrow(InvalidOptionError);
    expect(() => gapClosed([], { significance: 2 })).toThrow(InvalidOptionError);
  });
});

describe('judgeRecipe', () => {
  const options = { resamples: 50 };
  const judge = (base: number, expert: number, composed: number) =>
    judgeRecipe(
      { base: shares(base), expert: shares(expert), composed: shares(composed) },
      options,
    );

  it.each([
    [10, 20, 60, 'helps', 'helps'],
    [10, 60, 30, 'expert is better', 'does not help: the expert alone is better'],
    [60, 20, 30, 'hurts', 'hurts'],
    [60, 50, 30, 'hurts', 'hurts, and the expert alone is better'],
    [10, 58, 60, 'no evidence', 'no evidence (n = 100) that it is better than the expert alone'],
    [58, 10, 60, 'no evidence', 'no evidence (n = 100) that it is better than the base'],
    [
      59,
      59,
      60,
      'no evidence',
      'no evidence (n = 100) that it is better than the base or the expert alone',
    ],
  ])('base %i, expert %i, composed %i: %s', (base, expert, composed, kind, text) => {
    expect(judge(base, expert, composed)).toMatchObject({ kind, text });
  });

  it('mirrors measures of which less is better', () => {
    const results = { base: shares(60), expert: shares(50), composed: shares(10) };
    expect(judgeRecipe({ ...results, lowerIsBetter: true }, options).kind).toBe('helps');
    expect(judgeRecipe(results, options).kind).toBe('hurts');
  });

  it('compares with direct tuning', () => {
    const results = { base: shares(10), expert: shares(20), composed: shares(70) };
    const verdict = judgeRecipe({ ...results, direct: shares(90) }, options);
    expect(verdict.gapClosed).toBeCloseTo(0.75, 12);
    expect(verdict.overDirect?.difference.estimate).toBeCloseTo(-0.2, 12);
    expect(judgeRecipe({ ...results, direct: shares(5) }, options).gapClosed).toBeNull();
  });
});
