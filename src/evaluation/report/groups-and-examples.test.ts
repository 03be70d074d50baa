import { describe, expect, it } from 'vitest';

import { gapClosed } from '../gap-closed.ts';
import type { ItemRecord } from '../run/result-log.ts';
import { describeRun } from '../run/run-description.ts';
import { bootstrapMean } from '../statistics/bootstrap.ts';
import { comparePaired } from '../statistics/compare-paired.ts';
import { createTask } from '../task.ts';
import { judgeRecipe } from '../verdict.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { summarise } from './summary.ts';

const n = 40;
const options = { resamples: 200 };

const questions = createTask(
  'questions',
  Array.from({ length: n }, (_, i) => ({
    id: `q${i}`,
    kind: 'generate',
    prompt: `question ${i}`,
    references: ['a'],
    metrics: ['contains'],
    group: `person ${Math.floor(i / 4)}`,
  })),
);
const groups = questions.items.map(({ group }) => group!);

/** Which questions each system has right: those below its number. */
const right = { base: 10, 'base+3 examples': 34, expert: 15, composed: 30, direct: 35 };
const names = Object.keys(right) as (keyof typeof right)[];
const values = (name: keyof typeof right): number[] =>
  groups.map((_, i) => (i < right[name] ? 1 : 0));

const roles = { base: 'base', expert: 'expert', direct: 'direct' };
const example = { question: 'Who?', answer: 'Ada' };
const description = describeRun({
  tasks: [questions],
  seed: 0,
  version: '1.0.0',
  systems: names.map((name) => ({
    name,
    recipe: 'r',
    fingerprint: 'f',
    only: null,
    options: {},
    ...(name.includes('+') && { examples: [example, example, example] }),
  })),
});
const records = names.flatMap((system) =>
  values(system).map((value, i): ItemRecord => ({
    result: { task: 'questions', item: `q${i}`, system, scores: { contains: value } },
    cost: null,
  })),
);
const summary = summarise({ description, records }, [questions], roles, options);
const [task] = summary.tasks;
const [metric] = task!.metrics;

describe('a summary of items in groups', () => {
  it('has intervals and p-values over groups', () => {
    expect(task).toMatchObject({ items: n, groups: 10 });
    expect(metric).toMatchObject({ n, groups: 10 });
    const composed = metric!.systems.find(({ system }) => system === 'composed')!;
    expect(composed.value).toEqual(bootstrapMean(values('composed'), { ...options, groups }));
    const { difference } = comparePaired(values('base'), values('composed'), {
      ...options,
      groups,
    });
    expect(composed.overBase).toMatchObject({ difference, test: 'permutation', groups: 10 });
  });

  it('judges and closes gaps over groups', () => {
    const own = { base: values('base'), composed: values('composed'), direct: values('direct') };
    const { mean, leftOut } = gapClosed([{ task: 'questions', ...own, groups }], options);
    expect(summary.gaps).toMatchObject([{ system: 'composed', mean, leftOut }]);
    const alone = gapClosed([{ task: 'questions', ...own }], options).mean!;
    expect(mean!.to - mean!.from).toBeGreaterThan(alone.to - alone.from);
    // Of two groups no permutation is rare: what was significant is not any more.
    const halves = groups.map((_, i) => (i % 2 === 0 ? 'x' : 'y'));
    const results = { ...own, expert: values('expert') };
    expect(judgeRecipe(results, options).kind).toBe('helps');
    expect(judgeRecipe({ ...results, groups: halves }, options).text).toBe(
      'no evidence (n = 40 in 2 groups) that it is better than the base or the expert alone',
    );
    expect(gapClosed([{ task: 't', ...own, groups: halves }], options).leftOut[0]!.reason).toMatch(
      /p = 0\.50, n = 40 in 2 groups/,
    );
  });

  it('says so in every report', () => {
    for (const report of [renderHtml(summary), renderMarkdown(summary)]) {
      const plain = report.replaceAll('\\', '');
      expect(plain).toContain('40 items in 10 groups');
      expect(plain).toContain('Intervals and p of questions are over 10 groups.');
    }
  });
});

describe('a system with examples', () => {
  it('is compared, but gets no verdict and closes no gap', () => {
    expect(metric!.systems.map(({ system }) => system)).toEqual(names);
    expect(metric!.verdicts.map(({ system }) => system)).toEqual(['composed']);
    expect(summary.gaps.map(({ system }) => system)).toEqual(['composed']);
  });

  it('is marked as one in every report', () => {
    for (const report of [renderHtml(summary), renderMarkdown(summary)]) {
      const plain = report.replaceAll('\\', '').replaceAll('&#43;', '+');
      expect(plain).toContain(
        'base+3 examples has 3 examples in context: it is no recipe and not judged.',
      );
    }
    expect(renderHtml(summary)).toContain(description.systems[1]!.examples!.content);
  });
});
