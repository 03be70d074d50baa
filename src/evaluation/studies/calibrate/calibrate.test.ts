import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../../../spec/index.ts';
import type { SweepSetting } from '../setting.ts';
import type { SweepSummary } from '../sweep/sweep-summary.ts';
import { createTask } from '../../task.ts';
import { calibrate, type CalibrationOptions } from './calibrate.ts';
import { goldenSection } from './golden-section.ts';
import { parseConstraint, parseObjective, requireMetric } from './objective.ts';
import { compareReached } from './reached.ts';
import { sharedItems } from './shared-items.ts';

describe('goldenSection', () => {
  const search = async (peak: number, evaluations: number): Promise<number[]> => {
    const tried: number[] = [];
    await goldenSection(
      (point) => {
        tried.push(point);
        return Promise.resolve(-((point - peak) ** 2));
      },
      [0, 1],
      evaluations,
    );
    return tried;
  };

  it('finds a peak within the last bracket, never trying more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        async (peak, evaluations) => {
          const tried = await search(peak, evaluations);
          expect(tried.length).toBeLessThanOrEqual(evaluations);
          expect(new Set(tried).size).toBe(tried.length);
          const nearest = Math.min(...tried.map((point) => Math.abs(point - peak)));
          // n evaluations leave 0.618^(n-1) of the bracket, less the rounding to three digits.
          expect(nearest).toBeLessThanOrEqual(0.619 ** (tried.length - 1) + 2e-3);
        },
      ),
    );
  });

  it('begins with the golden ratio, and ends when digits do', async () => {
    expect(await search(1, 1)).toEqual([]);
    expect(await search(1, 4)).toEqual([0.382, 0.618, 0.764, 0.854]);
    expect((await search(0.5, 1000)).length).toBeLessThan(30);
  });
});

describe('objectives and constraints', () => {
  it('are read', () => {
    expect(parseObjective('contains')).toEqual({ task: null, metric: 'contains' });
    expect(parseObjective('a/b/contains')).toEqual({ task: 'a/b', metric: 'contains' });
    expect(parseConstraint('prose/perplexity <= 2.5')).toEqual({
      objective: { task: 'prose', metric: 'perplexity' },
      comparison: '<=',
      limit: 2.5,
    });
    expect(parseConstraint('mc1>=0.1')).toMatchObject({ comparison: '>=', limit: 0.1 });
    for (const text of ['a<3', 'a<=', 'a<=x', '<=3']) {
      expect(() => parseConstraint(text)).toThrow(InvalidOptionError);
    }
    expect(() => parseObjective('heldout/')).toThrow(/names no metric/);
    const refused = {
      option: 'constraints',
      message: expect.stringContaining('no metric') as string,
    };
    expect(() => parseConstraint('heldout/<=3')).toThrow(expect.objectContaining(refused));
  });

  it('must be measured, and once', () => {
    const summary = summaryOf([{ params: { alpha: 0 }, score: 1, loss: 1 }]);
    const twice = { ...summary, tasks: [...summary.tasks, { ...summary.tasks[0]!, task: 'more' }] };
    expect(requireMetric(parseObjective('contains'), summary).metric).toBe('contains');
    expect(requireMetric(parseObjective('more/contains'), twice).metric).toBe('contains');
    expect(() => requireMetric(parseObjective('contains'), twice)).toThrow(
      'contains is measured on 2 tasks: name one of questions/contains, prose/nats-per-byte, more/contains.',
    );
    expect(() => requireMetric(parseObjective('mc1'), summary)).toThrow(/mc1 is not measured/);
  });
});

describe('sharedItems', () => {
  const question = (id: string, prompt: string, answer: string) =>
    ({ id, kind: 'generate', prompt, references: [answer], metrics: ['contains'] }) as const;

  it('finds equal content under other ids and metrics', () => {
    const development = [
      createTask('dev', [question('a', 'Who?', 'I'), question('b', 'Who?', 'We')]),
    ];
    const test = [
      createTask('test', [
        { ...question('x', 'Who?', 'I'), metrics: ['exact-match'] },
        question('b', 'Who?', 'They'),
      ]),
    ];
    expect(sharedItems(development, test)).toEqual([
      { test: 'test', development: 'dev', item: 'x' },
    ]);
    expect(sharedItems(development, [])).toEqual([]);
  });
});

interface Measured {
  readonly params: Readonly<Record<string, number>>;
  readonly score: number;
  readonly loss: number;
}

/** Of a task of questions whose score is higher the better, and a text. */
function summaryOf(measured: readonly Measured[]): SweepSummary {
  const nameOf = ({ params }: Measured) =>
    Object.entries(params)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ');
  const metric = (name: string, lowerIsBetter: boolean, valueOf: (one: Measured) => number) => ({
    metric: name,
    lowerIsBetter,
    n: 10,
    groups: null,
    systems: measured.map((one) => ({
      system: nameOf(one),
      value: { estimate: valueOf(one), from: 0, to: 1 },
      overBase: null,
      correctedPValue: null,
    })),
    verdicts: [],
  });
  return {
    objectives: [],
    points: [],
    level: 0.95,
    tasks: [
      {
        task: 'questions',
        items: 10,
        groups: null,
        metrics: [metric('contains', false, ({ score }) => score)],
        steering: [],
        systems: [],
        perplexity: [],
      },
      {
        task: 'prose',
        items: 3,
        groups: null,
        metrics: [metric('nats-per-byte', true, ({ loss }) => loss)],
        steering: [],
        systems: [],
        perplexity: measured.map((one) => ({
          system: nameOf(one),
          perToken: Math.exp(one.loss),
          perWord: 0,
          perByte: 0,
        })),
      },
    ],
  };
}

describe('calibrate', () => {
  /** Scores peak at 0.7; the loss grows with alpha. */
  const setUp = (over: Partial<CalibrationOptions> = {}) => {
    const tried: string[] = [];
    const options: CalibrationOptions = {
      params: { alpha: [0, 0.5, 1, 1.5] },
      present: { alpha: 1 },
      objective: parseObjective('contains'),
      constraints: [],
      refinements: 0,
      measure: (settings: readonly SweepSetting[]) => {
        tried.push(...settings.map(({ name }) => name));
        return Promise.resolve(
          summaryOf(
            settings.map(({ options: { params } }) => ({
              params: params!,
              score: 1 - Math.abs(params!['alpha']! - 0.7),
              loss: params!['alpha']!,
            })),
          ),
        );
      },
      ...over,
    };
    return { options, tried };
  };

  it('takes the best of the grid and the present value', async () => {
    const { options, tried } = setUp();
    const { chosen, trials } = await calibrate(options);
    expect(chosen).toMatchObject({ params: { alpha: 0.5 }, isAllowed: true });
    expect(tried).toEqual(['alpha=0', 'alpha=0.5', 'alpha=1', 'alpha=1.5']);
    expect(trials).toHaveLength(4);
    const { chosen: present } = await calibrate(setUp({ present: { alpha: 0.72 } }).options);
    expect(present.params).toEqual({ alpha: 0.72 });
  });

  it('refines between the neighbours of the best', async () => {
    const { options, tried } = setUp({ refinements: 6 });
    const { chosen } = await calibrate(options);
    expect(tried).toHaveLength(4 + 6);
    expect(Math.abs(chosen.params['alpha']! - 0.7)).toBeLessThan(0.05);
  });

  it('keeps constraints, and minimises what is better low', async () => {
    const limit = setUp({ constraints: [parseConstraint(`perplexity<=${Math.exp(0.6)}`)] });
    const { chosen, trials } = await calibrate(limit.options);
    expect(chosen.params).toEqual({ alpha: 0.5 });
    expect(trials.map(({ isAllowed }) => isAllowed)).toEqual([true, true, false, false]);
    const least = setUp({
      objective: parseObjective('nats-per-byte'),
      constraints: [parseConstraint('questions/contains>=0.7')],
    });
    expect((await calibrate(least.options)).chosen.params).toEqual({ alpha: 0.5 });
    const none = setUp({ constraints: [parseConstraint('contains>=2')], refinements: 3 });
    await expect(calibrate(none.options)).rejects.toThrow(
      /None of the 4 settings keeps contains >= 2/,
    );
  });

  it('changes nothing without a gain', async () => {
    const flat = setUp({
      params: { alpha: [0, 1], beta: [2, 3] },
      present: { alpha: 1, beta: 3 },
      measure: (settings) =>
        Promise.resolve(
          summaryOf(
            settings.map(({ options: { params } }) => ({ params: params!, score: 1, loss: 1 })),
          ),
        ),
    });
    const { chosen, trials } = await calibrate(flat.options);
    expect(trials).toHaveLength(4);
    expect(chosen.params).toEqual({ alpha: 1, beta: 3 });
  });
});

it('compares what is reached', () => {
  const measured = [0.25, 0.75].map((score) => ({ params: { alpha: score }, score, loss: 1 }));
  const tasks = [createTask('prose', [{ kind: 'text', text: 'Once.' }])];
  const both = compareReached(parseObjective('contains'), summaryOf(measured), tasks);
  expect(both.present).toMatchObject({ value: 0.25, items: 10 });
  expect(both.calibrated).toMatchObject({ value: 0.75, items: 10, from: 0, to: 1 });
  expect(both.calibrated.content).toMatch(/^[\da-f]{16}$/);
});
