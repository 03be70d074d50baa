import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { resultOf, scriptedService } from '../../../../test/support/scripted-service.ts';
import { InvalidOptionError, type GenerateServiceRequest } from '../../../spec/index.ts';
import { createTask } from '../../task.ts';
import { measureSetting } from '../measure-setting.ts';
import { paretoOptimal } from './pareto.ts';
import { paramSetting, settingGrid, type SweepSetting } from '../setting.ts';
import { summariseSweep, type MeasuredSetting } from './sweep-summary.ts';

describe('paretoOptimal', () => {
  it('marks what nothing dominates, equal points alike', () => {
    const points = [
      [0, 9],
      [5, 5],
      [5, 5],
      [5, 4],
      [9, 0],
      [8, 0],
    ];
    expect(paretoOptimal(points)).toEqual([true, true, true, false, true, false]);
    expect(paretoOptimal([[1], [3], [2]])).toEqual([false, true, false]);
    expect(paretoOptimal([])).toEqual([]);
  });

  it('leaves out only what a marked point is at least as good as', () => {
    const coordinate = fc.integer({ min: 0, max: 4 });
    const pointsOf = fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 1 });
    fc.assert(
      fc.property(pointsOf, (points) => {
        const marked = points.filter((_, i) => paretoOptimal(points)[i]);
        const covers = (a: readonly number[], b: readonly number[]) =>
          a.every((v, i) => v >= b[i]!);
        expect(points.every((point) => marked.some((mark) => covers(mark, point)))).toBe(true);
        const same = (a: readonly number[], b: readonly number[]) => covers(a, b) && covers(b, a);
        for (const a of marked) {
          for (const b of marked) expect(!covers(a, b) || same(a, b)).toBe(true);
        }
      }),
    );
  });
});

describe('settingGrid', () => {
  it('combines all values', () => {
    const guidance = { method: 'rad', candidates: 10 } as const;
    const settings = settingGrid(
      { params: { alpha: [0, 1] }, candidates: [5], klBudget: [0.5, null] },
      guidance,
    );
    expect(settings.map(({ name }) => name)).toEqual([
      'alpha=0, candidates=5, kl-budget=0.5',
      'alpha=0, candidates=5, kl-budget=none',
      'alpha=1, candidates=5, kl-budget=0.5',
      'alpha=1, candidates=5, kl-budget=none',
    ]);
    expect(settings.slice(2).map(({ options }) => options)).toEqual([
      {
        params: { alpha: 1 },
        guidance: { method: 'rad', candidates: 5 },
        klBudget: { perToken: 0.5 },
      },
      { params: { alpha: 1 }, guidance: { method: 'rad', candidates: 5 }, klBudget: null },
    ]);
    expect(settingGrid({ klBudget: [1] }, guidance)[0]?.options).toEqual({
      klBudget: { perToken: 1 },
    });
  });

  it('combines schedules, each called as flags say it', () => {
    const settings = settingGrid(
      { params: { alpha: [1, 2] }, schedules: { alpha: [null, { match: 'kl', junctions: 0.5 }] } },
      { method: 'best-of', n: 2 },
    );
    expect(settings.map(({ name }) => name)).toEqual([
      'alpha=1, alpha-schedule=none',
      'alpha=1, alpha-schedule=match:kl,junctions:0.5',
      'alpha=2, alpha-schedule=none',
      'alpha=2, alpha-schedule=match:kl,junctions:0.5',
    ]);
    expect(settings[3]).toMatchObject({
      values: { alpha: 2, 'alpha-schedule': 'match:kl,junctions:0.5' },
      options: { params: { alpha: 2 }, schedules: { alpha: { match: 'kl', junctions: 0.5 } } },
    });
    expect(settings[2]!.options.schedules).toEqual({ alpha: null });
    expect(() =>
      settingGrid({ schedules: { alpha: [null, null] } }, { method: 'best-of', n: 2 }),
    ).toThrow('alpha-schedule has the value none twice');
  });

  it('refuses what cannot be swept', () => {
    const bestOf = { method: 'best-of', n: 4 } as const;
    expect(() => settingGrid({ candidates: [5] }, bestOf)).toThrow(/by best-of, which chooses/);
    expect(() => settingGrid({ params: { alpha: [1, 0, 1] } }, bestOf)).toThrow(/value 1 twice/);
    expect(() => settingGrid({ params: { alpha: [] } }, bestOf)).toThrow(InvalidOptionError);
  });
});

describe('a sweep', () => {
  let directory: string;
  let asked: GenerateServiceRequest[];

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'trimtab-sweep-'));
    asked = [];
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** Right where alpha is at least what the prompt says. */
  const service = scriptedService({
    async answer(request) {
      asked.push(request);
      const isRight = request.options.params!['alpha']! >= Number(request.prompt);
      return resultOf(isRight ? 'right' : 'wrong');
    },
  });
  const tasks = [
    createTask(
      'thresholds',
      ['0.5', '1', '1.5', '2'].map((prompt) => ({
        kind: 'generate',
        prompt,
        references: ['right'],
        metrics: ['exact-match'],
      })),
    ),
    createTask('others', [
      { kind: 'generate', prompt: '0', references: ['wrong'], metrics: ['exact-match'] },
      { kind: 'generate', prompt: '1', references: ['wrong'], metrics: ['exact-match'] },
    ]),
  ];
  const measure = async (
    setting: SweepSetting,
    options: GenerateServiceRequest['options'] = {},
  ) => ({
    setting,
    evaluation: await measureSetting(setting, {
      service,
      tasks,
      directory,
      seed: 0,
      version: '0',
      system: { recipe: 'r', fingerprint: 'f', options: { maxTokens: 9, ...options } },
    }),
  });

  it('asks by schedules of the setting over those of the system', async () => {
    const schedules = { alpha: { match: 'kl' }, beta: { junctions: 1 } } as const;
    await measure(
      { name: 'one', values: {}, options: { params: { alpha: 9 }, schedules: { alpha: null } } },
      { schedules },
    );
    expect(asked[0]!.options.schedules).toEqual({ alpha: null, beta: { junctions: 1 } });
  });

  it('measures every setting once, and finds the trade-off', async () => {
    const settings = [0, 0.5, 1, 2].map((alpha) => paramSetting({ alpha }));
    await measure(settings[1]!);
    expect(asked).toHaveLength(6);
    expect(asked[0]!.options).toMatchObject({ maxTokens: 9, params: { alpha: 0.5 } });
    const measured = [];
    for (const setting of settings) measured.push(await measure(setting));
    expect(asked).toHaveLength(24);

    const summary = summariseSweep(measured, tasks);
    expect(summary.objectives).toEqual([
      { task: 'thresholds', metric: 'exact-match', lowerIsBetter: false },
      { task: 'others', metric: 'exact-match', lowerIsBetter: false },
    ]);
    const estimates = summary.tasks.map(({ metrics: [main] }) =>
      main!.systems.map(({ value }) => value.estimate),
    );
    expect(estimates).toEqual([
      [0, 0.25, 0.5, 1],
      [0.5, 0.5, 0, 0],
    ]);
    expect(summary.points.map(({ isParetoOptimal }) => isParetoOptimal)).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(summary.points[1]).toMatchObject({ setting: 'alpha=0.5', values: { alpha: 0.5 } });
  });

  it('trades rewards off against scores', async () => {
    const rewarded = scriptedService({
      answer: async (request) => ({
        ...(await service.stream(request).result),
        // More of the reward costs the score.
        rewards: { kind: -request.options.params!['alpha']!, other: 0 },
      }),
    });
    const measured: MeasuredSetting[] = [];
    for (const alpha of [0, 0.5, 1]) {
      const setting = paramSetting({ alpha });
      const evaluation = await measureSetting(setting, {
        service: rewarded,
        tasks: tasks.slice(0, 1),
        directory,
        seed: 0,
        version: '0',
        system: { recipe: 'r', fingerprint: 'f', options: {} },
      });
      measured.push({ setting, evaluation });
    }
    const marks = (rewards: readonly string[]) =>
      summariseSweep(measured, tasks.slice(0, 1), rewards).points.map(
        ({ isParetoOptimal }) => isParetoOptimal,
      );
    expect(marks([])).toEqual([false, false, true]);
    expect(marks(['other'])).toEqual([false, false, true]);
    expect(marks(['kind'])).toEqual([true, true, true]);
    const summary = summariseSweep(measured, tasks.slice(0, 1), ['kind']);
    expect(summary.objectives[1]).toEqual({
      task: 'thresholds',
      metric: 'reward.kind',
      lowerIsBetter: false,
    });
    const [kind] = summary.tasks[0]!.steering;
    expect(kind!.systems.map(({ value }) => value.estimate)).toEqual([0, -0.5, -1]);
  });
});
