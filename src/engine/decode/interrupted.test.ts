import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { writeHeads } from '../../../test/support/fake-model/write-heads.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { functionReward } from '../../reward/index.ts';
import { NativeCallError, RewardError, type GenerateOptions } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));
const constraint = compiledHere({ regex: '([ab]+cdefgh){1,9}' }, vocabulary);
const lanes = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-interrupted-'));
  await writeHeads(path.join(folder, 'heads.json'), { warm: [1, -1, 0.5, 2] });
});
afterAll(() => rm(folder, { recursive: true }));

/** An engine, and what is told of everything that happens in it. */
async function load() {
  let onEvent: (event: 'pass' | 'reward') => void = () => {};
  const fake = (salt: number): FakeModelOptions => ({
    vocabulary,
    logits: chaoticLogits(vocabulary, { salt }),
    hiddenState: (tokens) => chaoticLogits(vocabulary, { salt })(tokens).slice(0, 4),
    onPass: () => onEvent('pass'),
  });
  const { loader, loaded } = fakeLoader({ base: fake(1), expert: fake(2), judge: fake(3) });
  const recipe = fakeRecipe({
    models: {
      base: { file: 'base.gguf', prompt: 'raw' },
      expert: { file: 'expert.gguf', prompt: 'raw' },
      judge: { file: 'judge.gguf', prompt: 'raw' },
    },
    sampling: { temperature: 1 },
    rewards: {
      warm: { model: 'judge', headFile: path.join(folder, 'heads.json'), scope: 'both', weight: 0 },
    },
    engine: { contextLength: 64, maxSequences: lanes, batchSize: 16 },
  });
  /** Likes what has many different letters; an answer takes it a turn. */
  const reward = functionReward({
    name: 'late',
    score: async (texts) => {
      onEvent('reward');
      await new Promise((resolve) => setImmediate(resolve));
      return texts.map((text) => new Set(text).size);
    },
  });
  const rewards = { late: { reward, weight: 0 } };
  const trimtab = await LoadedRecipe.load(recipe, { loader, rewards });
  return {
    trimtab,
    loaded,
    listen: (listener: typeof onEvent) => {
      onEvent = listener;
    },
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}

type Loaded = Awaited<ReturnType<typeof load>>;

const kinds: readonly (readonly [name: string, options: GenerateOptions])[] = [
  ['of one answer', {}],
  ['with forced tokens', { maxTokens: 10, constraint }],
  ['with a KL budget', { klBudget: { perAnswer: 1 }, logprobs: true }],
  ['with a reward that takes its time', { rewards: { late: 1 } }],
  ['with a reward model', { rewards: { warm: 1 }, guidance: { method: 'args', candidates: 3 } }],
  [
    'by segments',
    {
      rewards: { late: 1, warm: 0.1 },
      guidance: {
        method: 'segments',
        entropy: 99,
        threshold: 4,
        beta: 0.5,
        maxTokens: 2,
        maxTries: 3,
      },
    },
  ],
  ['of several answers', { rewards: { warm: 1 }, guidance: { method: 'best-of', n: 2 } }],
  ['that only reports', { reportRewards: ['warm', 'late'] }],
];

const prompt = 'abcabcabcabcabcabcab'; // two passes long

let owners = 0;

/** A request, and one beside it that is nobody's business; nobody has been there before. */
function start({ trimtab }: Loaded, options: GenerateOptions, signal?: AbortSignal) {
  const owner = `${owners++}`;
  const target = trimtab
    .generate(prompt, { seed: 5, maxTokens: 4, owner, ...options, ...(signal && { signal }) })
    .then(({ text, tokens, finishReason }) => ({ text, tokens, finishReason }));
  const other = trimtab
    .generate('hgf', { seed: 7, maxTokens: 6, owner: `other ${owner}` })
    .then(({ text, tokens }) => ({ text, tokens }));
  return { target, other };
}

async function undisturbed(engine: Loaded, options: GenerateOptions) {
  const { target, other } = start(engine, options);
  const [reference, beside] = await Promise.all([target, other]);
  return { reference, other: beside };
}

/** Calls `onEvent` at every turn of the event loop until `done`. */
async function watchTurns(onEvent: () => void, done: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  void done.then(() => over.abort());
  while (!over.signal.aborted) {
    onEvent();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** All lanes can be had again, and nothing is held in the reward model's cache. */
async function expectWhole({ trimtab, loaded }: Loaded): Promise<void> {
  expect(trimtab.stats).toMatchObject({ running: 0, queued: 0 });
  let most = 0;
  const asked = Array.from({ length: lanes }, (_, i) =>
    trimtab.generate('a', { maxTokens: 4, owner: `whole ${owners++} ${i}` }),
  );
  const count = (): void => {
    most = Math.max(most, trimtab.stats.running);
  };
  await watchTurns(count, Promise.all(asked));
  expect(most).toBe(lanes);
  const [cache] = loaded('judge').contexts;
  expect([cache!.options.unifiedCache, cache!.sequences.size]).toEqual([true, 0]);
}

/** A request whose signal is aborted at event number `when`; `null` if that never comes. */
async function abortAt(engine: Loaded, options: GenerateOptions, when: number) {
  const controller = new AbortController();
  const reason = new Error(`aborted at event ${when}`);
  let events = 0;
  let isSettled = false;
  const onEvent = (): void => {
    if (events++ === when && !isSettled) controller.abort(reason);
  };
  engine.listen(onEvent);
  const run = start(engine, options, controller.signal);
  const settling = Promise.allSettled([run.target, run.other]);
  void run.target.catch(() => {}).finally(() => (isSettled = true));
  await watchTurns(onEvent, settling);
  engine.listen(() => {});
  const [target, other] = await settling;
  const { running, queued } = engine.trimtab.stats;
  return { target, other, reason, wasAborted: controller.signal.aborted, left: running + queued };
}

describe.each(kinds)('a request %s', (_, options) => {
  it('can be aborted at any time: it rejects with the reason, and nobody else notices', async () => {
    await using engine = await load();
    const { reference, other } = await undisturbed(engine, options);
    const runs: Awaited<ReturnType<typeof abortAt>>[] = [];
    do runs.push(await abortAt(engine, options, runs.length));
    while (runs.at(-1)!.wasAborted);
    expect(runs.length).toBeGreaterThan(10);
    for (const run of runs) {
      expect(run.other).toEqual({ status: 'fulfilled', value: other });
      expect(run.left).toBe(0);
    }
    const rejected = runs.filter(({ target }) => target.status === 'rejected');
    for (const { target, reason } of rejected) expect(target).toMatchObject({ reason });
    const answered = runs.filter((run) => !rejected.includes(run));
    for (const { target } of answered) expect(target).toMatchObject({ value: reference });
    expect(answered.length).toBeLessThan(9); // aborted in the tick that ends it, or never
    await expectWhole(engine);
  });

  it('fails alone with whoever shares a pass that fails, at any pass', async () => {
    await using engine = await load();
    const { reference, other } = await undisturbed(engine, options);
    let hasFailed = true;
    for (let when = 0; hasFailed; when++) {
      const failure = new NativeCallError('llama_decode', -3);
      let passes = 0;
      engine.listen((event) => {
        if (event === 'pass' && passes++ === when) throw failure;
      });
      const run = start(engine, options);
      const [first, second] = await Promise.allSettled([run.target, run.other]);
      engine.listen(() => {});
      const allowed = (value: unknown) => [
        { status: 'fulfilled', value },
        { status: 'rejected', reason: failure },
      ];
      expect(allowed(reference)).toContainEqual(first);
      expect(allowed(other)).toContainEqual(second);
      hasFailed = [first, second].some(({ status }) => status === 'rejected');
      expect(hasFailed).toBe(when < passes);
      expect(engine.trimtab.stats).toMatchObject({ running: 0, queued: 0 });
    }
    await expectWhole(engine);
  });
});

it('a reward that fails, at any call, fails its own request alone', async () => {
  await using engine = await load();
  const options = kinds.find(([name]) => name === 'by segments')![1];
  const { reference, other } = await undisturbed(engine, options);
  const outcomes: unknown[] = [];
  for (let when = 0, hasFailed = true; hasFailed; when++) {
    let calls = 0;
    engine.listen((event) => {
      if (event === 'reward' && calls++ === when) throw new Error('out of order');
    });
    const run = start(engine, options);
    outcomes.push(await run.target.catch((error: unknown) => error));
    expect(await run.other).toEqual(other);
    engine.listen(() => {});
    hasFailed = calls > when;
  }
  expect(outcomes.pop()).toEqual(reference);
  expect(outcomes.length).toBeGreaterThan(3);
  for (const error of outcomes) {
    expect(error).toBeInstanceOf(RewardError);
    expect((error as RewardError).message).toContain('out of order');
  }
  await expectWhole(engine);
});
