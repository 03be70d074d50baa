import { describe, expect, it } from 'vitest';

import type { EvaluationSummary, VerdictKind } from '../../evaluation/index.ts';
import { renderEvaluation } from './evaluation.ts';
import { createPalette } from './palette.ts';

const interval = (estimate: number) => ({ estimate, from: estimate - 0.1, to: estimate + 0.1 });

/** One task with one metric, as far as a terminal shows it. */
function summary(kind: VerdictKind): EvaluationSummary {
  const metric = {
    metric: 'contains',
    lowerIsBetter: false,
    n: 4,
    groups: null,
    systems: [
      { system: 'a\nb', value: interval(0.5), overBase: null, correctedPValue: null },
      {
        system: 'mix',
        value: interval(0.75),
        overBase: { difference: interval(0.25) },
        correctedPValue: 0.04,
      },
    ],
    verdicts: [{ system: 'mi\tx', kind, text: 'what it does' }],
  };
  const task = {
    task: 'que\nstions',
    items: 4,
    groups: null,
    metrics: [metric],
    steering: [],
    perplexity: [],
    systems: [],
  };
  return {
    tasks: [task],
    gaps: [],
    level: 0.95,
    significance: 0.05,
    comparisons: 1,
    roles: { base: 'a\nb', expert: null, direct: null },
    description: { systems: [] },
  } as unknown as EvaluationSummary;
}

describe('an evaluation on a terminal', () => {
  it.each<[VerdictKind, number]>([
    ['helps', 32],
    ['hurts', 31],
    ['no evidence', 33],
    ['expert is better', 33],
  ])('says that it %s in its colour', (kind, color) => {
    const lines = renderEvaluation(summary(kind), createPalette(true));
    expect(lines).toContain(String.raw`mi\tx: ` + `\u001B[${color}mwhat it does\u001B[39m`);
  });

  it('has a table for each metric, below its task', () => {
    const lines = renderEvaluation(summary('helps'), createPalette(false));
    expect(lines.slice(0, 5)).toEqual([
      expect.stringMatching(/^que\\nstions {2}4 items/),
      '',
      expect.stringMatching(/^contains +mean +over base +p$/),
      expect.stringMatching(/^a\\nb +\S+ \S.*$/),
      expect.stringMatching(/^mix +.*0\.040$/),
    ]);
    expect(lines[5]).toBe(String.raw`mi\tx: what it does`);
    expect(lines[6]).toBe('');
  });
});
