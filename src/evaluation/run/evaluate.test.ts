import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { runs } from '../../../test/support/runs.ts';
import { resultOf, scriptedService, servedRecipe } from '../../../test/support/scripted-service.ts';
import { uniformAt } from '../../math/index.ts';
import {
  EngineUnavailableError,
  InvalidOptionError,
  StoreError,
  type GenerateServiceRequest,
  type GenerationResult,
  type InferenceService,
  type ScoreServiceRequest,
} from '../../spec/index.ts';
import { createTask, type EvaluationTask } from '../task.ts';
import { evaluate, TooManyFailuresError, type EvaluateOptions } from './evaluate.ts';
import { isFailed } from './item-result.ts';
import type { EvaluationSystem } from './system.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'trimtab-evaluate-'));
});
afterEach(() => rm(directory, { recursive: true }));

const system = (name: string, only: string | null = null): EvaluationSystem => ({
  name,
  recipe: 'r',
  fingerprint: 'f',
  only,
  options: { maxTokens: 8 },
});
const systems = [system('base', 'large'), system('composed')];

const questions = (count: number): EvaluationTask =>
  createTask(
    'questions',
    Array.from({ length: count }, (_, i) => ({
      id: `q${i}`,
      kind: 'generate',
      prompt: `question ${i}`,
      references: [`answer ${i}`],
      metrics: ['exact-match'],
    })),
  );

const rest = (): EvaluationTask =>
  createTask('rest', [
    { kind: 'choice', prompt: 'c', options: ['bb', 'a', 'cccc'], right: [1], best: 1 },
    { kind: 'cloze', text: 'one two', right: ' x', wrong: [' yy'] },
    { kind: 'pair', prompt: 'p', chosen: 'good', rejected: 'ok' },
    { kind: 'text', text: 'häuser' },
    { kind: 'answer', prompt: 'a', answer: 'bär' },
  ]);

interface Behaviour {
  /** Called before anything is answered. */
  readonly before?: (request: GenerateServiceRequest | ScoreServiceRequest) => Promise<void> | void;
}

/** Answers with the question's number, or with it and the seed; a text's log-prob is minus its length. */
function serviceOf({ before = () => {} }: Behaviour = {}): InferenceService {
  const generate = async (request: GenerateServiceRequest): Promise<GenerationResult> => {
    await before(request);
    request.signal?.throwIfAborted();
    const { only, seed } = request.options;
    const number = (request.prompt as string).replace('question', 'answer');
    const text = only === undefined ? number : `${number} of ${seed}`;
    return resultOf(text, {
      tokens: [{ tokenId: 1, text }],
      seed: seed!,
      usage: {
        promptTokens: 3,
        completionTokens: 1,
        models: { large: { promptTokens: 3, cachedTokens: 2, forwards: 4 } },
      },
      timings: { queuedMs: 0, prefillMs: 1, decodeMs: 2, tokensPerSecond: 5 },
    });
  };
  return scriptedService({
    answer: generate,
    async score(request) {
      await before(request);
      request.signal?.throwIfAborted();
      const { continuation } = request;
      const isWhole = typeof continuation === 'object' && 'answer' in continuation;
      const { length } = isWhole ? `${continuation.answer}.` : continuation;
      return {
        tokens: Array.from({ length }, () => ({ tokenId: 0, text: '', logprob: -1 })),
        logprob: -length,
        isGreedy: false,
      };
    },
    tokenize: (_, text) => Promise.resolve([0, ...Buffer.from(text)]),
  });
}

const run = (options: Partial<EvaluateOptions> = {}) =>
  evaluate({
    service: serviceOf(),
    tasks: [questions(20)],
    systems,
    seed: 1,
    version: '1.0.0',
    directory,
    ...options,
  });

const results = () => readFile(path.join(directory, 'results.jsonl'), 'utf8');
const costs = () => readFile(path.join(directory, 'costs.jsonl'), 'utf8');

describe('evaluate', () => {
  it('puts every item to every system, in the order they are given', async () => {
    const { records } = await run();
    expect(records.map(({ result }) => `${result.item} ${result.system}`)).toEqual(
      Array.from({ length: 20 }, (_, i) => [`q${i} base`, `q${i} composed`]).flat(),
    );
    const lines = (await results()).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
      records.map(({ result }) => result),
    );
    expect(records[1]).toEqual({
      result: {
        task: 'questions',
        item: 'q0',
        system: 'composed',
        scores: { 'exact-match': 1 },
        answer: { text: 'answer 0', tokenCount: 1, finishReason: 'stop' },
      },
      cost: {
        task: 'questions',
        item: 'q0',
        system: 'composed',
        promptTokens: 3,
        completionTokens: 1,
        forwards: { large: 4 },
        cachedTokens: { large: 2 },
        prefillMs: 1,
        decodeMs: 2,
      },
    });
  });

  it('scores what is not generated', async () => {
    const { records } = await run({ tasks: [rest()], systems: [system('s')] });
    expect(records.map(({ result }) => !isFailed(result) && result.scores)).toEqual([
      { mc1: 1, mc2: expect.closeTo(1 / (1 + Math.exp(-1) + Math.exp(-3)), 12) as number },
      { accuracy: 1 },
      { accuracy: 0 },
      { 'nats-per-byte': 1 },
      { 'nats-per-byte': 1 }, // three letters and the end, of four bytes
    ]);
    expect(records.every(({ cost }) => cost === null)).toBe(true);
  });

  it('gives all systems the same seed of an item, and each item its own', async () => {
    const seeds = new Map<unknown, Set<unknown>>();
    const before = (request: GenerateServiceRequest | ScoreServiceRequest) => {
      const of = seeds.get(request.prompt) ?? new Set();
      seeds.set(request.prompt, of.add('seed' in request.options && request.options.seed));
    };
    await run({ service: serviceOf({ before }) });
    const all = [...seeds.values()].flatMap((of) => [...of]);
    expect(all).toHaveLength(20);
    expect(new Set(all).size).toBe(20);
    expect(all.every(Number.isSafeInteger)).toBe(true);
  });

  it('leaves the same files after any interruptions, and does nothing twice', async () => {
    await run();
    const undisturbed = [await results(), await costs()];
    for (let course = 0; course < runs(10); course++) {
      await rm(directory, { recursive: true });
      let draw = 0;
      const random = (below: number) => Math.floor(uniformAt(course, draw++) * below);
      while (!(await runUntil(1 + random(16), random))) await tear(random);
      expect([await results(), await costs()]).toEqual(undisturbed);
    }
  });

  type Random = (below: number) => number;

  /** Ends the run at its n-th request. @returns Whether it was done by then. */
  async function runUntil(requests: number, random: Random): Promise<boolean> {
    const controller = new AbortController();
    const there = await results().catch(() => '');
    const written = there.slice(0, there.lastIndexOf('\n') + 1);
    let count = 0;
    const before = async (request: GenerateServiceRequest | ScoreServiceRequest) => {
      const item = (request.prompt as string).replace('question ', 'q');
      const name = request.options.only === undefined ? 'composed' : 'base';
      expect(written).not.toContain(`"item":"${item}","system":"${name}"`);
      if (++count === requests) controller.abort(new Error('stop'));
      for (let turn = random(4); turn > 0; turn--) await new Promise(setImmediate);
    };
    const { signal } = controller;
    return run({ service: serviceOf({ before }), signal, concurrency: 1 + random(6) }).then(
      () => true,
      (error: unknown) => {
        expect(error).toBe(signal.reason);
        return false;
      },
    );
  }

  /** A crash in the middle of a line. */
  async function tear(random: Random): Promise<void> {
    const file = path.join(directory, 'results.jsonl');
    const whole = await results();
    if (random(2) === 0) await appendFile(file, '{"task":"quest');
    else await truncate(file, Math.max(0, Buffer.byteLength(whole) - 1 - random(40)));
  }

  it('asks nothing again of a run that is complete', async () => {
    const first = await run();
    const before = () => expect.fail('was asked');
    const load = () => expect.fail('was loaded');
    const progress: number[] = [];
    const second = await run({
      service: { ...serviceOf({ before }), load },
      onProgress: ({ done }) => progress.push(done),
    });
    expect(second).toEqual(first);
    expect(progress).toEqual([40]);
  });

  it.each<[string, Partial<EvaluateOptions>, RegExp]>([
    ['seed', { seed: 2 }, /differ in seed \(1 there, 2 here\)/],
    ['version', { version: '2.0.0' }, /version \("1.0.0" there, "2.0.0" here\)/],
    ['tasks', { tasks: [questions(19)] }, /tasks\.questions\.items \(20 there, 19 here\)/],
    ['a system more', { systems: [...systems, system('s')] }, /systems\.s\.name \(nothing there/],
    [
      'options',
      { systems: [system('base', 'large'), { ...system('composed'), options: { topK: 3 } }] },
      /systems\.composed\.options\.topK \(nothing there, 3 here\)/,
    ],
    [
      'recipes',
      { systems: systems.map((given) => ({ ...given, fingerprint: 'g' })) },
      /systems\.base\.fingerprint \("f" there, "g" here\)/,
    ],
  ])('does not go on with another evaluation: %s', async (_, other, message) => {
    await run();
    const there = await results();
    const error: unknown = await run(other).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toMatch(message);
    expect(await results()).toBe(there);
  });

  it('tries a failed item once more', async () => {
    const failed = new Set<unknown>();
    const before = ({ prompt }: { prompt: unknown }) => {
      if (failed.has(prompt)) return;
      failed.add(prompt);
      throw new EngineUnavailableError('gone');
    };
    const { records } = await run({ service: serviceOf({ before }), concurrency: 1 });
    expect(failed.size).toBe(20);
    expect(records.some(({ result }) => isFailed(result))).toBe(false);
  });

  it('records what fails twice, and does it again in the next run', async () => {
    let isBroken = true;
    const before = ({ prompt }: { prompt: unknown }) => {
      if (isBroken && prompt === 'question 3') throw new EngineUnavailableError('gone');
    };
    const service = serviceOf({ before });
    const { records } = await run({ service });
    const failures = records.filter(({ result }) => isFailed(result));
    expect(failures.map(({ result }) => result)).toEqual(
      ['base', 'composed'].map((name) => ({
        task: 'questions',
        item: 'q3',
        system: name,
        error: { code: 'engine_unavailable', message: 'gone' },
      })),
    );
    isBroken = false;
    await run({ service });
    const repaired = await results();
    await rm(directory, { recursive: true });
    await run();
    expect(repaired).toBe(await results());
  });

  it('gives up after too many failures, with the reason', async () => {
    const before = () => {
      throw new EngineUnavailableError('gone');
    };
    const running = run({ service: serviceOf({ before }), maxFailures: 3, concurrency: 1 });
    await expect(running).rejects.toThrow(TooManyFailuresError);
    await expect(running).rejects.toThrow(/^4 items failed.* q1 of questions.*composed: gone/);
    expect((await results()).trimEnd().split('\n')).toHaveLength(3);
  });

  it('does not hide a text that a system cannot write', async () => {
    const service: InferenceService = {
      ...serviceOf(),
      score: () => Promise.resolve({ tokens: [], logprob: -Infinity, isGreedy: false }),
    };
    const tasks = [createTask('t', [{ kind: 'text', text: 'x' }])];
    const { records } = await run({ service, tasks, systems: [system('s')] });
    expect(records[0]!.result).toMatchObject({ error: { code: 'empty_support' } });
  });

  it('says what a service lacks that only generates', async () => {
    const service: InferenceService = { ...serviceOf(), scoredPrompts: 'none' };
    const running = run({ service, tasks: [questions(1), rest()] });
    await expect(running).rejects.toThrow(/task rest has items of the kind choice.*only generates/);
    const { records } = await run({ service });
    expect(records).toHaveLength(40);
  });

  it('rejects with the reason of its signal', async () => {
    const reason = new Error('enough');
    await expect(run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each(['results.jsonl', 'costs.jsonl', 'run.json'])(
    'names a damaged line of %s',
    async (file) => {
      await run();
      await writeFile(path.join(directory, file), '{"task": 1}\n');
      await expect(run()).rejects.toThrow(StoreError);
      await expect(run()).rejects.toThrow(file);
    },
  );

  it.each<Partial<EvaluateOptions>>([
    { tasks: [] },
    { systems: [] },
    { systems: [system('s'), system('s')] },
    { tasks: [questions(1), questions(2)] },
    { concurrency: 0 },
    { maxFailures: Number.NaN },
    { seed: 0.5 },
  ])('refuses %o', async (options) => {
    await expect(run(options)).rejects.toThrow(InvalidOptionError);
  });
});

describe('samples of programs', () => {
  const programs = createTask(
    'programs',
    Array.from({ length: 3 }, (_, i) => ({
      id: `p${i}`,
      kind: 'program',
      language: 'javascript',
      prompt: `const i = ${i}`,
      tests: '',
      entryPoint: null,
    })),
  );
  /** Its completions pass if their seed is even. */
  function sampling(behaviour: Behaviour = {}): InferenceService {
    const service = serviceOf(behaviour);
    const generate = async (request: GenerateServiceRequest): Promise<GenerationResult> => {
      const result = await service.stream({ ...request, prompt: 'question' }).result;
      const { seed } = request.options;
      return { ...result, text: `;if (${seed} % 2) throw 0` };
    };
    return {
      ...service,
      ...scriptedService({ answer: generate, load: (recipe) => service.load(recipe) }),
    };
  }
  const sampled = (options: Partial<EvaluateOptions> = {}) =>
    run({
      service: sampling(),
      tasks: [programs],
      systems: [system('s')],
      samples: 6,
      passAt: [1, 2, 6],
      ...options,
    });

  it('tells every outcome, and pass@k without bias', { tags: ['slow'] }, async () => {
    const seeds: number[] = [];
    const { records } = await sampled({
      service: sampling({
        before: ({ options }) => void seeds.push((options as { seed: number }).seed),
      }),
    });
    expect(new Set(seeds).size).toBe(18);
    for (const { result, cost } of records) {
      if (isFailed(result)) throw new Error(result.error.message);
      const outcomes = result.samples!.map(({ outcome }) => outcome);
      const own = result.samples!.map(({ text }) => (/[02468] %/.test(text) ? 'passed' : 'error'));
      expect(outcomes).toEqual(own);
      // The share of all groups of k samples in which one passes.
      const groups = [...Array(2 ** 6).keys()].map((bits) =>
        outcomes.filter((__, i) => bits & (1 << i)),
      );
      for (const k of [1, 2, 6]) {
        const ofSize = groups.filter(({ length }) => length === k);
        const passing = ofSize.filter((group) => group.includes('passed')).length;
        expect(result.scores[`pass@${k}`]).toBeCloseTo(passing / ofSize.length, 12);
      }
      expect(cost).toMatchObject({ completionTokens: 6, forwards: { large: 24 } });
      expect(result.answer).toBeUndefined();
    }
  });

  it('begins with the sample that would be the only one', { tags: ['slow'] }, async () => {
    const one = await sampled({ samples: 1, passAt: [1] });
    const many = await sampled({ directory: path.join(directory, 'many') });
    const first = ({ result }: (typeof one.records)[number]) =>
      !isFailed(result) && result.samples![0];
    expect(one.records.map(first)).toEqual(many.records.map(first));
    expect(one.records[0]!.result).toHaveProperty('scores.pass@1');
  });

  it('tells pass@k of other sizes without sampling again', { tags: ['slow'] }, async () => {
    const whole = await sampled();
    const service: InferenceService = {
      ...sampling(),
      ...scriptedService({ answer: () => Promise.reject(new Error('asked again')) }),
    };
    const { records } = await sampled({ service, passAt: [3] });
    expect(Object.keys((records[0]!.result as { scores: object }).scores)).toEqual(['pass@3']);
    expect((await sampled({ service })).records).toEqual(whole.records);
  });

  it('refuses samples that would be the same, or of nothing', async () => {
    const greedy = { ...system('s'), options: { temperature: 0 } };
    await expect(sampled({ systems: [greedy] })).rejects.toThrow(/6 samples of s at temperature 0/);
    const greedily = servedRecipe('r', { sampling: { temperature: 0 } });
    const recipe = { ...sampling(), load: () => Promise.resolve(greedily) };
    await expect(sampled({ service: recipe })).rejects.toThrow(InvalidOptionError);
    await expect(sampled({ passAt: [7] })).rejects.toThrow(/k must be an integer from 1 to 6/);
    await expect(sampled({ passAt: [1, 1] })).rejects.toThrow(/each size once/);
    await expect(sampled({ samples: 0 })).rejects.toThrow(/samples must be an integer from 1/);
    await expect(run({ samples: 2 })).rejects.toThrow(/none of the tasks has programs/);
  });

  it('runs Python only where that is allowed', async () => {
    const python = createTask('python', [
      {
        id: 'HumanEval/0',
        kind: 'program',
        language: 'python',
        prompt: 'a = 1 #',
        tests: 'assert a == 1',
        entryPoint: null,
      },
    ]);
    const refused = run({ tasks: [python], service: sampling() });
    await expect(refused).rejects.toThrow(
      /HumanEval\/0 of the task python is Python.*--allow-python/,
    );
    const allowed = { tasks: [python], service: sampling(), programs: { python: true } };
    const { records } = await run({ ...allowed, systems: [system('s')] });
    expect(records[0]!.result).toMatchObject({ scores: { 'pass@1': 1 } });
    const { PATH } = process.env;
    process.env['PATH'] = '/nowhere';
    try {
      await expect(
        run({ ...allowed, systems: [system('t')], directory: path.join(directory, 't') }),
      ).rejects.toThrow(/run by python3/);
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});
