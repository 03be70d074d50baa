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
  let onEvent = (_: 'pass' | 'reward'): void => {};
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

/** Calls `onEvent` at every turn of the event loop until `done`. */
async function watchTurns(onEvent: () => void, done: Promise<unknown>): Promise<void> {
  let isOver = false;
  void done.then(() => (isOver = true));
  while (!isOver) {
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

describe.each(kinds)('a request %s', (_, options) => {
  it('can be aborted at any time: it rejects with the reason, and nobody else notices', async () => {
    await using engine = await load();
    const plain = start(engine, options);
    const [reference, other] = [await plain.target, await plain.other];
    let late = 0;
    for (let when = 0; ; when++) {
      const controller = new AbortController();
      const reason = new Error(`aborted at event ${when}`);
      let events = 0;
      let isSettled = false;
      const onEvent = (): void => {
        if (events++ === when && !isSettled) controller.abort(reason);
      };
      engine.listen(onEvent);
      const run = start(engine, options, controller.signal);
      const outcome = run.target
        .catch((error: unknown) => error)
        .finally(() => {
          isSettled = true;
        });
      await watchTurns(onEvent, Promise.allSettled([outcome, run.other]));
      engine.listen(() => {});
      expect(await run.other).toEqual(other);
      expect(engine.trimtab.stats).toMatchObject({ running: 0, queued: 0 });
      if (!controller.signal.aborted) {
        expect(await outcome).toEqual(reference);
        expect(when).toBeGreaterThan(10);
        break;
      }
      if ((await outcome) === reason) continue;
      expect(await outcome).toEqual(reference);
      late++;
    }
    expect(late).toBeLessThan(8); // only in the tick that ends it
    await expectWhole(engine);
  });

  it('fails alone with whoever shares a pass that fails, at any pass', async () => {
    await using engine = await load();
    const plain = start(engine, options);
    const [reference, other] = [await plain.target, await plain.other];
    for (let when = 0; ; when++) {
      const failure = new NativeCallError('llama_decode', -3);
      let passes = 0;
      engine.listen((event) => {
        if (event === 'pass' && passes++ === when) throw failure;
      });
      const run = start(engine, options);
      const outcomes = await Promise.allSettled([run.target, run.other]);
      engine.listen(() => {});
      const failed = outcomes.filter(({ status }) => status === 'rejected');
      for (const one of failed) expect((one as PromiseRejectedResult).reason).toBe(failure);
      for (const [i, expected] of [reference, other].entries()) {
        const one = outcomes[i]!;
        if (one.status === 'fulfilled') expect(one.value).toEqual(expected);
      }
      expect(engine.trimtab.stats).toMatchObject({ running: 0, queued: 0 });
      if (passes <= when) break;
      expect(failed.length).toBeGreaterThan(0);
    }
    await expectWhole(engine);
  });
});

it('a reward that fails, at any call, fails its own request alone', async () => {
  await using engine = await load();
  const options = kinds.find(([name]) => name === 'by segments')![1];
  const plain = start(engine, options);
  const [, reference] = await Promise.all([plain.target, plain.other]);
  for (let when = 0; ; when++) {
    let calls = 0;
    engine.listen((event) => {
      if (event === 'reward' && calls++ === when) throw new Error('out of order');
    });
    const run = start(engine, options);
    const outcome = await run.target.catch((error: unknown) => error);
    expect(await run.other).toEqual(reference);
    engine.listen(() => {});
    if (calls <= when) break;
    expect(outcome).toBeInstanceOf(RewardError);
    expect((outcome as RewardError).message).toContain('out of order');
  }
  await expectWhole(engine);
});
