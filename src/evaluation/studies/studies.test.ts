import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { temporaryFolder, writeTinyModel } from '../../../test/support/random-models.ts';
import { resultOf, scriptedService, servedRecipe } from '../../../test/support/scripted-service.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { GenerateServiceRequest } from '../../spec/index.ts';
import { createTask, type EvaluationTask } from '../task.ts';
import { calibrateRecipe, requireCalibration } from './calibrate/calibrate-recipe.ts';
import { studyId, type RecipeStudy } from './measured-recipe.ts';
import { studyShifts } from './shift/study-shifts.ts';
import { sweep, sweepSettings } from './sweep/sweep.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
let recipe: Recipe;
let asked: GenerateServiceRequest[];

beforeEach(async () => {
  folder = await temporaryFolder();
  directory = await mkdtemp(path.join(tmpdir(), 'trimtab-study-'));
  asked = [];
  const file = await writeTinyModel(folder.path, 'base');
  recipe = fakeRecipe({
    models: { base: { file, prompt: 'raw' }, expert: { file, prompt: 'raw' } },
    params: { alpha: { default: 1, min: 0, max: 2 } },
  });
});
afterEach(async () => {
  await rm(directory, { recursive: true });
  await folder[Symbol.asyncDispose]();
});

/** Thresholds, which are passed by what is asked for with a high enough alpha. */
const thresholds = (name: string, prompts: readonly string[]): EvaluationTask =>
  createTask(
    name,
    prompts.map((prompt) => ({
      kind: 'generate',
      prompt,
      references: ['right'],
      metrics: ['exact-match'],
    })),
  );

const service = scriptedService({
  async answer(request) {
    asked.push(request);
    request.signal?.throwIfAborted();
    const isRight = request.options.params!['alpha']! >= Number(request.prompt);
    return resultOf(isRight ? 'right' : 'wrong');
  },
});

const studyOf = (given: Partial<RecipeStudy> = {}): RecipeStudy => ({
  service,
  recipe,
  options: { maxTokens: 4 },
  seed: 1,
  version: '1.0.0',
  ...given,
});

const tasks = [thresholds('development', ['0.5', '0.9', '1.2', '1.6'])];

describe('a sweep', () => {
  it('measures every setting once, counts on, and writes down what it says', async () => {
    const settings = sweepSettings(recipe, { params: { alpha: [0, 1, 2] } });
    const progress: string[] = [];
    const report = await sweep({
      ...studyOf(),
      settings,
      tasks,
      directory,
      onProgress: ({ done, of }) => progress.push(`${done}/${of}`),
    });
    expect(report.points.map(({ setting, isParetoOptimal }) => [setting, isParetoOptimal])).toEqual(
      [
        ['alpha=0', false],
        ['alpha=1', false],
        ['alpha=2', true],
      ],
    );
    expect(progress).toEqual(expect.arrayContaining(['0/12', '4/12', '8/12', '12/12']));
    expect(JSON.parse(await readFile(path.join(directory, 'sweep.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(report)),
    );
    expect(asked).toHaveLength(12);
    expect(asked[0]!.options).toMatchObject({ maxTokens: 4, params: { alpha: 0 } });
    await sweep({ ...studyOf(), settings, tasks, directory });
    expect(asked).toHaveLength(12);
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const settings = sweepSettings(recipe, { params: { alpha: [0, 1] } });
    const study = studyOf({ signal: AbortSignal.abort(reason) });
    await expect(sweep({ ...study, settings, tasks, directory })).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  it.each([
    ['params.alpha', { params: { alpha: [3] } }],
    ['params.beta', { params: { beta: [1] } }],
    ['params.alpha', { params: { alpha: [1, 1] } }],
  ])('refuses %s that the recipe does not take', (option, axes) => {
    expect(() => sweepSettings(recipe, axes)).toThrow(expect.objectContaining({ option }));
  });

  it('is known by what it measures: not by what the recipe says of the params that it sweeps', async () => {
    const id = (given: Partial<RecipeStudy> = {}, swept = ['alpha']) =>
      studyId(studyOf(given), swept, tasks);
    const params = new Map([['alpha', { ...recipe.params.get('alpha')!, default: 0.5 }]]);
    expect(await id({ recipe: { ...recipe, params } })).toBe(await id());
    expect(await id({ recipe: { ...recipe, params } }, [])).not.toBe(await id({}, []));
    expect(await id({ seed: 2 })).not.toBe(await id());
    expect(await id({ options: { maxTokens: 5 } })).not.toBe(await id());
  });
});

describe('a calibration', () => {
  const test = [thresholds('test', ['0.4', '1.1', '1.5'])];
  const search = () => ({
    recipe,
    params: { alpha: [0.5, 1.7] },
    refinements: 0,
    development: tasks,
    test,
  });
  const objective = { task: null, metric: 'exact-match' };
  const run = (given: object = {}) =>
    calibrateRecipe({
      ...studyOf(),
      ...search(),
      objective,
      constraints: [],
      directory,
      ...given,
    });

  it('chooses on the development set, and scores the test set once after it', async () => {
    const { chosen, trials, present, developed, tested } = await run();
    expect(present).toEqual({ alpha: 1 });
    expect(trials.map(({ params }) => params['alpha'])).toEqual([0.5, 1.7, 1]);
    expect(chosen.params).toEqual({ alpha: 1.7 });
    expect([developed.present.value, developed.calibrated.value]).toEqual([0.5, 1]);
    expect([tested!.present.value, tested!.calibrated.value]).toEqual([1 / 3, 1]);
    expect((await readdir(directory)).some((file) => file.startsWith('test-'))).toBe(true);
  });

  it('takes no second look at a test set', async () => {
    await run();
    const constraints = [{ objective, comparison: '<=', limit: 0.9 }];
    await expect(run({ constraints })).rejects.toThrow(
      expect.objectContaining({ option: 'test', message: expect.stringMatching(/^it was scored/) }),
    );
    expect((await run({ constraints, test: [] })).tested).toBe(null);
  });

  it.each<[string, object]>([
    ['refinements', { refinements: -1 }],
    ['refinements', { refinements: 0.5 }],
    ['params.alpha', { params: { alpha: [9] } }],
    ['test', { test: tasks }],
  ])('refuses %s before anything is asked', async (option, given) => {
    expect(() => requireCalibration({ ...search(), ...given })).toThrow(
      expect.objectContaining({ option }),
    );
    await expect(run(given)).rejects.toMatchObject({ option });
    expect(asked).toEqual([]);
  });
});

describe('a study of shifts', () => {
  const traced = (text: string, p: number) => ({
    tokenId: 1,
    text,
    logprob: Math.log(p),
    trace: {
      terms: [{ model: 'base', coefficient: 1, logprob: Math.log(0.25), share: 0 }],
      rewards: [],
      klScale: 1,
      baseChoice: { tokenId: 2, text: 'x', logprob: 0 },
      shift: Math.log(p / 0.25),
      kl: 0.5,
      topBefore: [],
      topAfter: [{ tokenId: 1, text, logprob: Math.log(p) }],
    },
  });
  const questions = ['one', 'two', 'three'].map((id) => ({ id, prompt: id, references: [] }));
  const request = { recipe: 'r', owner: '', options: { seed: 7, params: { alpha: 1 } } };

  it('says which schedules were in force, and how many tokens they steered', async () => {
    const param = { default: 1, min: null, max: null, description: null };
    const params = { alpha: { ...param, schedule: { junctions: 2 } }, beta: param } as const;
    const scheduled = scriptedService({
      load: async () => servedRecipe('r', { params }),
      answer: async () => {
        const at = (alpha: number) => ({
          ...traced('a', 0.5),
          trace: { ...traced('a', 0.5).trace, params: { alpha } },
        });
        return resultOf('aaa', { tokens: [at(0), at(0.5), at(1)] });
      },
    });
    const asking = { ...request, options: { schedules: { beta: { match: 'kl' } } } } as const;
    const report = await studyShifts({ service: scheduled, request: asking, questions, directory });
    expect(report).toMatchObject({
      schedules: { alpha: { junctions: 2 }, beta: { match: 'kl' } },
      steeredTokens: 6,
    });
    const [line] = (await readFile(path.join(directory, 'answers.jsonl'), 'utf8')).split('\n');
    const { tokens } = JSON.parse(line!) as { tokens: { params: object }[] };
    expect(tokens.map((token) => token.params)).toEqual([
      { alpha: 0 },
      { alpha: 0.5 },
      { alpha: 1 },
    ]);
  });

  it('asks each question with a seed of its own, and keeps their order', async () => {
    const tracing = scriptedService({
      load: async () => servedRecipe('r', { formula: 'base + expert' }),
      async answer(question) {
        asked.push(question);
        const text = question.prompt as string;
        return resultOf(text, { tokens: [traced(text, 0.5)] });
      },
    });
    const progress: number[] = [];
    const report = await studyShifts({
      service: tracing,
      request,
      questions,
      leastCount: 1,
      directory,
      concurrency: 2,
      onProgress: ({ done }) => progress.push(done),
    });
    expect(report).toMatchObject({
      recipe: 'r',
      formula: 'base + expert',
      params: { alpha: 1 },
      answers: 3,
    });
    expect(report.all.probability).toBeCloseTo(0.25);
    expect(progress).toEqual([0, 1, 2, 3]);
    expect(asked.every(({ options }) => options.trace === true)).toBe(true);
    expect(new Set(asked.map(({ options }) => options.seed)).size).toBe(3);
    const lines = (await readFile(path.join(directory, 'answers.jsonl'), 'utf8'))
      .trim()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { item: string }).item)).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(JSON.parse(await readFile(path.join(directory, 'shift.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(report)),
    );
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(studyShifts({ service, request, questions, signal })).rejects.toBe(reason);
  });
});
