import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../../spec/index.ts';
import { gapClosed } from '../gap-closed.ts';
import { perplexity } from '../metrics/perplexity.ts';
import type { Evaluation } from '../run/evaluate.ts';
import type { ItemRecord } from '../run/result-log.ts';
import { describeRun } from '../run/run-description.ts';
import { comparePaired } from '../statistics/compare-paired.ts';
import { wilsonInterval } from '../statistics/wilson-interval.ts';
import { createTask, type EvaluationTask } from '../task.ts';
import { judgeRecipe } from '../verdict.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import type { MetricSummary } from './metric-summary.ts';
import type { SystemRoles } from './roles.ts';
import { summarise as summariseWith } from './summary.ts';

/** Fewer than by default, to be quick. */
const options = { resamples: 200 };

const summarise = (evaluation: Evaluation, tasks: readonly EvaluationTask[], roles: SystemRoles) =>
  summariseWith(evaluation, tasks, roles, options);

const n = 40;
const names = ['base', 'expert', 'composed', 'direct'];
const roles: SystemRoles = { base: 'base', expert: 'expert', direct: 'direct' };

const questions = createTask(
  'questions',
  Array.from({ length: n }, (_, i) => ({
    id: `q${i}`,
    kind: 'generate',
    prompt: `question ${i}`,
    references: ['a'],
    metrics: ['contains'],
  })),
);

const texts = createTask('texts', [
  { id: 't0', kind: 'text', text: 'one two' },
  { id: 't1', kind: 'text', text: 'three' },
]);

/** Which questions each system has right: those below its number. */
const right: Readonly<Record<string, number>> = { base: 10, expert: 15, composed: 30, direct: 35 };

function answer(system: string, i: number): ItemRecord {
  const key = { task: 'questions', item: `q${i}`, system };
  return {
    result: {
      ...key,
      scores: { contains: i < right[system]! ? 1 : 0 },
      answer: { text: 'the same', tokenCount: i % 2 === 0 ? 4 : 6, finishReason: 'length' },
    },
    cost: {
      ...key,
      promptTokens: 3,
      completionTokens: 5,
      forwards: { large: i % 2 === 0 ? 5 : 7 },
      cachedTokens: { large: 0 },
      prefillMs: 1,
      decodeMs: 1,
    },
  };
}

function scoredText(system: string, item: string, logprob: number): ItemRecord {
  return {
    result: {
      task: 'texts',
      item,
      system,
      scores: { 'nats-per-byte': -logprob },
      continuations: [{ logprob, tokenCount: 2, isGreedy: false }],
    },
    cost: null,
  };
}

function failure(task: string, item: string, system: string): ItemRecord {
  return { result: { task, item, system, error: { code: 'c', message: 'm' } }, cost: null };
}

function evaluationOf(
  tasks: readonly EvaluationTask[],
  records: readonly ItemRecord[],
  systems = names,
): Evaluation {
  const description = describeRun({
    tasks,
    seed: 0,
    version: '1.0.0',
    systems: systems.map((name) => ({
      name,
      recipe: 'r',
      fingerprint: 'f',
      only: null,
      options: {},
    })),
  });
  return { description, records };
}

const answers = names.flatMap((system) => Array.from({ length: n }, (_, i) => answer(system, i)));
const evaluation = evaluationOf([questions], answers);

const values = (system: string, items = n) =>
  Array.from({ length: items }, (_, i) => (i < right[system]! ? 1 : 0));

describe('summarise', () => {
  const summary = summarise(evaluation, [questions], roles);
  const [task] = summary.tasks;
  const [metric] = task!.metrics;

  it('gives each system its mean, and compares it with the base on the same items', () => {
    expect(metric).toMatchObject({ metric: 'contains', lowerIsBetter: false, n });
    // Of 5, 20 and 25 discordant items all of one kind: times 1, 2 and 3.
    const corrected: Readonly<Record<string, unknown>> = {
      expert: expect.closeTo(2 * 2 ** -5, 12),
      composed: expect.closeTo(2 * 2 * 2 ** -20, 12),
      direct: expect.closeTo(3 * 2 * 2 ** -25, 12),
    };
    expect(summary.comparisons).toBe(3);
    expect(metric!.systems).toEqual(
      names.map((system) => ({
        system,
        value: wilsonInterval(right[system]!, n),
        overBase: system === 'base' ? null : comparePaired(values('base'), values(system), options),
        correctedPValue: corrected[system] ?? null,
      })),
    );
  });

  it('judges the systems without a role', () => {
    const results = {
      base: values('base'),
      expert: values('expert'),
      composed: values('composed'),
    };
    const { kind, text } = judgeRecipe(results, options);
    expect(kind).toBe('helps');
    expect(metric!.verdicts).toEqual([{ system: 'composed', kind, text }]);
    const alone = summarise(evaluation, [questions], { ...roles, expert: null });
    expect(alone.tasks[0]!.metrics[0]!.verdicts).toEqual([]);
  });

  it('judges by p-values that are corrected for all comparisons', () => {
    // Six items of forty better than both: p = 2^-5, which counts alone, but not with another test.
    const rightOf: Readonly<Record<string, number>> = { base: 10, expert: 10, composed: 16 };
    const scoresOf = (system: string): number[] =>
      Array.from({ length: n }, (_, i) => (i < rightOf[system]! ? 1 : 0));
    const systems = Object.keys(rightOf);
    const records = systems.flatMap((system) =>
      scoresOf(system).map((contains, i): ItemRecord => ({
        result: { task: 'questions', item: `q${i}`, system, scores: { contains } },
        cost: null,
      })),
    );
    const judged = summarise(evaluationOf([questions], records, systems), [questions], {
      ...roles,
      direct: null,
    });
    const [{ systems: compared, verdicts }] = judged.tasks[0]!.metrics as [MetricSummary];
    expect(compared[2]!.overBase!.pValue).toBeCloseTo(2 ** -5, 12);
    expect(compared[2]!.correctedPValue).toBeCloseTo(2 ** -4, 12);
    expect(verdicts[0]!.kind).toBe('no evidence');
    const [base, expert, composed] = systems.map(scoresOf) as [number[], number[], number[]];
    expect(judgeRecipe({ base, expert, composed }, options).kind).toBe('helps');
    expect(renderMarkdown(judged)).toMatch(/0\.06[23]/);
    expect(renderMarkdown(judged)).toContain('corrected by Holm for 2 comparisons');
  });

  it('tells the gap closed where there is a directly tuned model', () => {
    const own = { base: values('base'), direct: values('direct'), composed: values('composed') };
    expect(summary.gaps).toEqual([
      { system: 'composed', ...gapClosed([{ task: 'questions', ...own }], options) },
    ]);
    expect(summary.gaps[0]!.mean!.estimate).toBeCloseTo(20 / 25);
    expect(summarise(evaluation, [questions], { ...roles, direct: null }).gaps).toEqual([]);
  });

  it('says how many rows of the tasks were no items', () => {
    const skipping = { ...questions, skipped: ['q.jsonl:3: is blank.', 'q.jsonl:9: is blank.'] };
    const skipped = summarise(evaluationOf([skipping], answers), [skipping], roles);
    expect(skipped.description.tasks).toMatchObject([{ items: n, skipped: 2 }]);
    for (const render of [renderMarkdown, renderHtml]) {
      expect(render(skipped)).toContain(', 2 rows skipped that are no items');
      expect(render(summary)).not.toContain('skipped');
    }
  });

  it('tells what answers took', () => {
    expect(task!.systems[0]).toEqual({
      system: 'base',
      failed: 0,
      firstFailure: null,
      answers: {
        count: n,
        tokensPerAnswer: 5,
        cutShort: 1,
        distinct1: 2 / (2 * n),
        distinct2: 1 / n,
        forwardsPerAnswer: { large: 6 },
      },
    });
  });

  it('leaves items out for all that failed for one', () => {
    const records = answers.map((record) =>
      record.result.system === 'composed' && record.result.item === 'q0'
        ? failure('questions', 'q0', 'composed')
        : record,
    );
    const [damaged] = summarise(evaluationOf([questions], records), [questions], roles).tasks;
    expect(damaged!.metrics[0]!.n).toBe(n - 1);
    expect(damaged!.metrics[0]!.systems[0]!.value.estimate).toBe(9 / 39);
    expect(damaged!.systems[2]).toMatchObject({ failed: 1, firstFailure: 'q0: m' });
  });

  it('survives a task that nobody answered', () => {
    const records = questions.items.map(({ id }) => failure('questions', id, 'base'));
    const [none] = summarise(evaluationOf([questions], records), [questions], roles).tasks;
    expect(none).toMatchObject({ metrics: [], perplexity: [] });
    expect(none!.systems[0]).toMatchObject({ failed: n, answers: null });
  });

  it('measures perplexity on the texts that all have scored; lower is better', () => {
    const records = [
      scoredText('base', 't0', -4),
      scoredText('base', 't1', -5),
      scoredText('composed', 't0', -2),
      failure('texts', 't1', 'composed'),
    ];
    const both = ['base', 'composed'];
    const [measured] = summarise(evaluationOf([texts], records, both), [texts], {
      base: 'base',
      expert: null,
      direct: null,
    }).tasks;
    expect(measured!.perplexity).toEqual([
      { system: 'base', ...perplexity([{ text: 'one two', logprob: -4, tokenCount: 2 }]) },
      { system: 'composed', ...perplexity([{ text: 'one two', logprob: -2, tokenCount: 2 }]) },
    ]);
    expect(measured!.metrics[0]).toMatchObject({ metric: 'nats-per-byte', lowerIsBetter: true });
  });

  it('tells how answers were steered, of the systems that are; untested', () => {
    const steered = answers.map((record, i): ItemRecord => {
      const { result, cost } = record;
      if (result.system !== 'composed' && result.system !== 'direct') return record;
      const { scores } = result as { scores: Record<string, number> };
      const kl = result.system === 'composed' ? { kl: 0.25 } : {};
      const own = { ...scores, 'reward.kind': result.system === 'direct' ? 2 : i % 2, ...kl };
      return { result: { ...result, scores: own }, cost };
    });
    const described = summarise(evaluationOf([questions], steered), [questions], roles);
    const [own] = described.tasks;
    expect(own!.metrics).toEqual(task!.metrics);
    expect(own!.steering).toMatchObject([
      {
        measure: 'reward.kind',
        lowerIsBetter: false,
        n,
        systems: [
          { system: 'composed', value: { estimate: 0.5 } },
          { system: 'direct', value: { estimate: 2, from: 2, to: 2 } },
        ],
      },
      { measure: 'kl', lowerIsBetter: true, systems: [{ system: 'composed' }] },
    ]);
    expect(own!.steering[1]!.systems).toHaveLength(1);
    for (const report of [renderHtml(described), renderMarkdown(described)]) {
      const plain = report.replaceAll('\\', '');
      expect(plain).toMatch(/steering.*reward\.kind.*KL a token ↓/s);
      expect(plain).toMatch(/2\.000 \[2\.000, 2\.000\]/);
    }
    expect(task!.steering).toEqual([]);
  });

  it('refuses a role that no system has', () => {
    const unknown = () => summarise(evaluation, [questions], { ...roles, direct: 'nobody' });
    expect(unknown).toThrow(InvalidOptionError);
    expect(unknown).toThrow(/nobody.*direct.*base, expert, composed, direct/);
  });
});

describe('reports', () => {
  const hostile = '<script>alert("1")</script> & `|` *';

  function hostileSummary() {
    const task = { ...questions, name: hostile };
    const rename = ({ result, cost }: ItemRecord): ItemRecord => {
      const system = result.system === 'composed' ? hostile : result.system;
      return { result: { ...result, task: hostile, system }, cost };
    };
    const systems = names.map((name) => (name === 'composed' ? hostile : name));
    const records = [...answers.map(rename).slice(1), failure(hostile, '</td>', 'base')];
    return summarise(evaluationOf([task], records, systems), [task], roles);
  }

  it('say the same as HTML and as Markdown', () => {
    const summary = summarise(evaluation, [questions], roles);
    for (const report of [renderHtml(summary), renderMarkdown(summary)]) {
      const plain = report.replaceAll('\\', '').replaceAll('&#39;', "'");
      expect(plain).toContain('0.750 [0.598, 0.858]'); // Wilson's of 30 in 40
      expect(plain).toContain('+0.500 [');
      expect(plain).toContain('helps');
      expect(plain).toContain('large 6.0');
      expect(plain).toMatch(/80\.0 % \[/);
    }
  });

  it('escape everything in HTML, and load nothing', () => {
    const report = renderHtml(hostileSummary());
    expect(report).not.toContain('<script');
    expect(report).not.toContain(hostile);
    expect(report).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; &#38;');
    expect(report).not.toMatch(/(?:src|href)=|url\(|@import/);
  });

  it('escape everything in Markdown', () => {
    const report = renderMarkdown(hostileSummary());
    expect(report).not.toMatch(/(?<!\\)[<>`*](?!\*)(?=script|alert)/);
    const rows = report.split('\n').filter((line) => line.startsWith('|'));
    const cells = rows.map((row) => row.match(/(?<!\\)\|/g)!.length - 1);
    expect(new Set(cells)).toEqual(new Set([4, 6]));
  });

  it('draw bars that are as long as their values', () => {
    const bars = [
      ...renderHtml(summarise(evaluation, [questions], roles)).matchAll(
        /class="value"[^>]* width="([\d.]+)"/g,
      ),
    ].map(([, width]) => Number(width));
    expect(bars).toEqual([10, 15, 30, 35].map((count) => (220 * count) / n));
  });
});
