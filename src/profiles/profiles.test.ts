import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { tasteOf, tasteRecipe, TasteService } from '../../test/support/taste-service.ts';
import { createDeferred } from '../waiting/index.ts';
import type { PreferenceAnswer } from '../preference/index.ts';
import type { Recipe } from '../recipe/index.ts';
import {
  DisposedError,
  InvalidOptionError,
  ModelNotFoundError,
  ProfileNotFoundError,
  RewardError,
  type InferenceService,
} from '../spec/index.ts';
import { openSqliteStore, type ProfileStore } from '../store/index.ts';
import {
  createProfiles,
  withSteering,
  type ProfileLimits,
  type ProfileQuestion,
  type Profiles,
  type QuestionProgress,
} from './index.ts';

const owner = 'ann';
const recipe = tasteRecipe();

let opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.toReversed()) await each[Symbol.asyncDispose]();
  opened = [];
});

interface Setting {
  readonly service?: InferenceService;
  readonly store?: ProfileStore;
  readonly recipes?: readonly Recipe[];
  readonly seed?: number;
  readonly preparesAhead?: boolean;
  readonly limits?: Partial<ProfileLimits>;
}

async function open(given: Setting = {}): Promise<Profiles> {
  const { service = new TasteService(), recipes = [recipe], seed = 1 } = given;
  const store = given.store ?? (await openStore());
  const { preparesAhead = true, limits = {} } = given;
  const profiles = createProfiles({ service, store, recipes, seed, preparesAhead, limits });
  opened.push(profiles);
  return profiles;
}

async function openStore(): Promise<ProfileStore> {
  const store = await openSqliteStore({ file: ':memory:', now: () => 1000 });
  opened.push(store);
  return store;
}

async function ask(profiles: Profiles, id = 'p'): Promise<ProfileQuestion> {
  const question = await profiles.question(owner, id);
  if (question.kind === 'ask') return question;
  throw new Error(`There is no question left: ${question.reason}.`);
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal!.addEventListener('abort', () => reject(signal!.reason as Error));
  });
}

/** Answers all questions. @returns Those asked. */
async function interview(
  profiles: Profiles,
  choose: (question: ProfileQuestion) => PreferenceAnswer,
  id = 'p',
): Promise<ProfileQuestion[]> {
  const asked: ProfileQuestion[] = [];
  for (;;) {
    const question = await profiles.question(owner, id);
    if (question.kind === 'enough') return asked;
    asked.push(question);
    await profiles.answer(owner, id, { question: question.id, outcome: choose(question) });
  }
}

/** One who likes what `λ` says, without doubt. */
const likes =
  (lambda: readonly number[]) =>
  ({ first, second }: ProfileQuestion): PreferenceAnswer => {
    const value = (text: string) =>
      tasteOf(text).reduce((sum, taste, k) => sum + lambda[k]! * taste, 0);
    return value(first) > value(second) ? 'first' : 'second';
  };

describe('a new profile', () => {
  it('knows nothing and changes nothing', async () => {
    const profiles = await open();
    const view = await profiles.create(owner, { id: 'p', name: 'at home', recipe: 'taste' });
    expect(view).toMatchObject({
      id: 'p',
      name: 'at home',
      recipe: 'taste',
      recipes: ['taste'],
      answers: 0,
      text: 'unsure about salt and sugar',
      state: { kind: 'asking', expectedAnswers: 10 },
      attributes: [
        {
          name: 'salty',
          high: 'salt',
          low: 'blandness',
          mean: 0,
          sd: 1,
          override: null,
          weight: 0,
        },
        { name: 'sugary', mean: 0, sd: 1, weight: 0 },
      ],
    });
    const steering = await profiles.steering(owner, 'p', 'taste');
    expect(steering).toEqual({});
    const options = { maxTokens: 3, rewards: { salt: 2 } };
    expect(withSteering(options, steering)).toEqual(options);
  });

  it('has an id of its own if none is given, and no other profile’s', async () => {
    const profiles = await open();
    const { id } = await profiles.create(owner, { recipe: 'taste' });
    expect((await profiles.list(owner)).map((entry) => entry.id)).toEqual([id]);
    await expect(profiles.create(owner, { id, recipe: 'taste' })).rejects.toThrow(
      InvalidOptionError,
    );
  });

  it('needs a recipe whose users differ', async () => {
    const { profile: _, ...rest } = recipe;
    const plain = { ...rest, name: 'plain', profile: null };
    const profiles = await open({ recipes: [recipe, plain] });
    const plainly = profiles.create(owner, { recipe: 'plain' });
    await expect(plainly).rejects.toThrow('The recipe plain has no profiles');
    const missing = profiles.create(owner, { recipe: 'tast' });
    await expect(missing).rejects.toThrow(ModelNotFoundError);
    await expect(missing).rejects.toThrow('Did you mean');
  });
});

describe('an interview', () => {
  it(
    'finds opposite users apart, and steers by what it is sure of',
    { tags: ['slow'] },
    async () => {
      const profiles = await open();
      const weights: number[][] = [];
      for (const [id, lambda] of Object.entries({ p: [3, -3], q: [-3, 3] })) {
        await profiles.create(owner, { id, recipe: 'taste' });
        const asked = await interview(profiles, likes(lambda), id);
        expect(asked.length).toBeGreaterThanOrEqual(5);
        expect(asked.length).toBeLessThanOrEqual(20);
        expect(new Set(asked.map((question) => question.id)).size).toBe(asked.length);
        const { attributes, state, answers } = await profiles.get(owner, id);
        expect(state).toMatchObject({ kind: 'enough' });
        expect(answers).toBe(asked.length);
        const learned = attributes.map(({ weight }) => weight);
        for (const { mean, sd, weight, interval } of attributes) {
          expect(weight).toBeCloseTo(Math.sign(mean) * Math.max(0, Math.abs(mean) - sd), 12);
          expect(interval[0]).toBeLessThan(mean);
        }
        const { rewards, params, klBudget } = await profiles.steering(owner, id);
        expect(rewards).toEqual({ salt: learned[0] });
        expect(params).toEqual({ drift: 0.25 + learned[1]! });
        expect(klBudget).toBeUndefined();
        weights.push(learned);
      }
      expect(weights[0]![0]).toBeGreaterThan(0.1);
      expect(weights[0]![1]).toBeLessThan(-0.1);
      expect(weights[1]![0]).toBeLessThan(-0.1);
      expect(weights[1]![1]).toBeGreaterThan(0.1);
    },
  );

  it('shows the same question until it is answered, also to those who ask at once', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const all = await Promise.all(Array.from({ length: 5 }, () => ask(profiles)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all[0]).toMatchObject({ kind: 'ask', number: 1, expected: 10 });
    await profiles.answer(owner, 'p', { question: all[0]!.id, outcome: 'neither' });
    const next = await ask(profiles);
    expect(next.id).not.toBe(all[0]!.id);
    expect(next.number).toBe(2);
  });

  it('takes an answer once', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const { id } = await ask(profiles);
    const answer = { question: id, outcome: 'first' } as const;
    const views = await Promise.all([1, 2, 3].map(() => profiles.answer(owner, 'p', answer)));
    expect(views.map(({ answers }) => answers)).toEqual([1, 1, 1]);
    expect(views[1]!.attributes).toEqual(views[0]!.attributes);
    const other = profiles.answer(owner, 'p', { question: id, outcome: 'second' });
    await expect(other).rejects.toThrow(InvalidOptionError);
    const unasked = profiles.answer(owner, 'p', { question: 'no', outcome: 'first' });
    await expect(unasked).rejects.toThrow('was not asked the question "no"');
  });

  it('learns the same whichever side an answer is shown on', async () => {
    const sides = new Set<string>();
    const learned = new Set<string>();
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const profiles = await open();
      await profiles.create(owner, { id, recipe: 'taste' });
      const question = await ask(profiles, id);
      const [lesser] = [question.first, question.second].toSorted();
      const outcome = question.first === lesser ? 'first' : 'second';
      const { attributes } = await profiles.answer(owner, id, { question: question.id, outcome });
      sides.add(outcome);
      learned.add(attributes.map(({ mean }) => mean.toFixed(6)).join(' '));
    }
    expect(sides.size).toBe(2);
    expect(learned.size).toBe(1);
  });

  it('asks the same of the same seed', { tags: ['slow'] }, async () => {
    const asked: ProfileQuestion[][] = [];
    for (const seed of [4, 4, 5]) {
      const profiles = await open({ seed });
      await profiles.create(owner, { id: 'p', recipe: 'taste' });
      asked.push(await interview(profiles, likes([1, 0])));
    }
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[2]).not.toEqual(asked[0]);
  });

  it('gives a prompt a rest', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const prompts = (await interview(profiles, likes([1, 1]))).map(({ prompt }) => prompt);
    const again = prompts.filter((prompt, i) =>
      prompts.slice(Math.max(0, i - 3), i).includes(prompt),
    );
    expect(again.length).toBeLessThan(prompts.length / 3);
  });

  it('leaves a finite profile whatever is answered', async () => {
    const outcomes = fc.array(fc.constantFrom('first', 'second', 'tie', 'neither'), {
      minLength: 20,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(outcomes, async (given) => {
        const profiles = await open();
        await profiles.create(owner, { id: 'p', recipe: 'taste' });
        let i = 0;
        await interview(profiles, () => given[i++ % 20]!);
        const { attributes } = await profiles.get(owner, 'p');
        for (const { mean, sd, weight } of attributes) {
          expect(Math.abs(mean)).toBeLessThan(10);
          expect(sd).toBeGreaterThan(0);
          expect(sd).toBeLessThanOrEqual(1);
          expect(Math.abs(weight)).toBeLessThanOrEqual(Math.abs(mean));
        }
      }),
      { numRuns: runs(10) },
    );
  });
});

describe('questions', () => {
  it('are the recipe’s own answers with varied weights, the two of a pair at once', async () => {
    const running: unknown[] = [];
    const most: number[] = [];
    const service: TasteService = new TasteService(async ({ prompt }) => {
      running.push(prompt);
      expect(new Set(running).size).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      most.push(running.length);
      running.pop();
      return {};
    });
    const profiles = await open({ service });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    await interview(profiles, likes([1, 0]));
    expect(Math.max(...most)).toBe(2);
    const priorities = service.requests.map(({ options }) => options.priority);
    expect(priorities.slice(0, 2)).toEqual(['interactive', 'interactive']);
    expect(new Set(priorities.slice(2))).toEqual(new Set(['background']));
    const [one, opposite] = service.requests;
    expect(one!.recipe).toBe('taste');
    expect(one!.prompt).toBe('soup');
    expect(one!.options).toMatchObject({
      temperature: 1,
      maxTokens: 64,
      reportRewards: ['salt', 'sweet'],
    });
    const weightsOf = ({ options }: (typeof service.requests)[number]) => [
      options.rewards!['salt']!,
      options.params!['drift']! - 0.25,
    ];
    expect(weightsOf(opposite!)[0]).toBeCloseTo(-weightsOf(one!)[0]!, 12);
    const salts = service.requests.map((request) => weightsOf(request)[0]!);
    const variance = salts.reduce((sum, salt) => sum + salt ** 2, 0) / salts.length;
    expect(variance).toBeGreaterThan(0.4);
    expect(variance).toBeLessThan(2);
  });

  it('are sampled also where the recipe is greedy, and bounded in number', async () => {
    const service = new TasteService();
    const greedy = tasteRecipe({ sampling: { temperature: 0 } });
    const profiles = await open({ service, recipes: [greedy] });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    await interview(profiles, likes([1, 0]));
    expect(service.requests[0]!.options.temperature).toBe(0.8);
    const before = service.requests.length;
    await profiles.get(owner, 'p');
    await new Promise((resolve) => setImmediate(resolve));
    expect(service.requests.length).toBe(before);
    expect(before).toBeLessThan(60);
  });

  it('begin ahead only where that is wanted', async () => {
    const service = new TasteService();
    const profiles = await open({ service, preparesAhead: false });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    await profiles.get(owner, 'p');
    expect(service.requests).toHaveLength(0);
    await ask(profiles);
    expect(service.requests.length).toBeGreaterThan(0);
  });

  it('are asked as soon as there are two answers, while the others are made', async () => {
    const service: TasteService = new TasteService(({ signal }) =>
      service.requests.length <= 2 ? Promise.resolve({}) : untilAborted(signal),
    );
    const profiles = await open({ service });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    expect((await ask(profiles)).number).toBe(1);
    expect(service.requests.length).toBeLessThanOrEqual(4);
  });

  it('tell whoever waits how much is written, until there is one', async () => {
    const token = { tokenId: 1, text: 'a' };
    const waits = createDeferred<void>();
    const service: TasteService = new TasteService(async () => {
      await waits.promise;
      return { tokens: [token, token, token] };
    });
    const profiles = await open({ service, preparesAhead: false });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const heard: QuestionProgress[] = [];
    const onProgress = (progress: QuestionProgress) => {
      heard.push(progress);
      waits.resolve();
    };
    await profiles.question(owner, 'p', { onProgress });
    const told = heard.length;
    expect(heard.map(({ tokens }) => tokens)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(heard.map(({ most }) => most))).toEqual(new Set([128]));
    await interview(profiles, likes([1, 0]));
    expect(heard).toHaveLength(told);
  });

  it('show an answer that is cut off up to its last whole sentence', async () => {
    const service: TasteService = new TasteService(async () => {
      const { length } = service.requests;
      return { text: ` Number ${length}. It is the`, finishReason: 'length' };
    });
    const profiles = await open({ service });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const { first, second } = await ask(profiles);
    for (const text of [first, second]) expect(text).toMatch(/^Number \d+\.$/);
  });

  it('end both answers where one fails', async () => {
    const service: TasteService = new TasteService(({ signal }) =>
      service.requests.length === 1 ? untilAborted(signal) : Promise.reject(new Error('no room')),
    );
    const profiles = await open({ service });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    await expect(profiles.question(owner, 'p')).rejects.toThrow('no room');
    expect(service.requests.every(({ signal }) => signal!.aborted)).toBe(true);
  });

  it('end where the recipe has but one answer', async () => {
    const profiles = await open({ service: new TasteService(async () => ({ text: 'no' })) });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const end = { kind: 'enough', reason: 'none left' };
    expect(await profiles.question(owner, 'p')).toEqual(end);
    expect(await profiles.question(owner, 'p')).toEqual(end);
  });

  it('fail with what the recipe failed with, and are tried again when asked for', async () => {
    let isBroken = true;
    const service: TasteService = new TasteService(() =>
      isBroken ? Promise.reject(new Error('no memory')) : Promise.resolve({}),
    );
    const profiles = await open({ service });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    await expect(profiles.question(owner, 'p')).rejects.toThrow('no memory');
    isBroken = false;
    expect((await ask(profiles)).number).toBe(1);
  });

  it('refuse a normalization that is not that of the answers', async () => {
    const service: TasteService = new TasteService(async () => ({
      rewards: { salt: 1000, sweet: 0 },
    }));
    const profiles = await open({ service });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const failure = profiles.question(owner, 'p');
    await expect(failure).rejects.toThrow(RewardError);
    await expect(failure).rejects.toThrow('mean 5, deviation 2');
  });

  it('are waited for no longer than the signal says', async () => {
    const service: TasteService = new TasteService(({ signal }) => untilAborted(signal));
    const profiles = await open({ service });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const leaving = new AbortController();
    const waiting = profiles.question(owner, 'p', { signal: leaving.signal });
    leaving.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    const staying = profiles.question(owner, 'p');
    const ended = staying.catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await profiles[Symbol.asyncDispose]();
    expect(await ended).toBeInstanceOf(DisposedError);
    await expect(profiles.get(owner, 'p')).rejects.toThrow(DisposedError);
  });
});

describe('the user', () => {
  it('may say better, within limits', async () => {
    const profiles = await open({ recipes: [tasteRecipe({ profile: strong })] });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const { attributes } = await profiles.setOverrides(owner, 'p', { sugary: 8, salty: -2 });
    expect(attributes.map(({ override, weight }) => [override, weight])).toEqual([
      [-2, -2],
      [8, 8],
    ]);
    expect(await profiles.steering(owner, 'p')).toEqual({
      rewards: { salt: -6 },
      params: { drift: 2 },
      klBudget: { perToken: 0.5 },
    });
    await profiles.setOverrides(owner, 'p', {});
    expect(await profiles.steering(owner, 'p')).toEqual({});
    for (const overrides of [{ bitter: 1 }, { salty: 11 }, { salty: Number.NaN }]) {
      const failure = profiles.setOverrides(owner, 'p', overrides);
      await expect(failure).rejects.toThrow(InvalidOptionError);
    }
  });

  it('can begin anew, and is not shown what was shown before', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const before = await interview(profiles, likes([2, 0]));
    const { attributes, answers, state } = await profiles.reset(owner, 'p');
    expect(answers).toBe(0);
    expect(state.kind).toBe('asking');
    expect(attributes.map(({ mean, sd }) => [mean, sd])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    const next = await ask(profiles);
    expect(before.map(({ id }) => id)).not.toContain(next.id);
    expect(next.number).toBe(1);
  });

  it('can be forgotten', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    await profiles.delete(owner, 'p');
    await expect(profiles.get(owner, 'p')).rejects.toThrow(ProfileNotFoundError);
    expect(await profiles.list(owner)).toEqual([]);
  });

  it('is nobody to another', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const { id: question } = await ask(profiles);
    const calls: Promise<unknown>[] = [
      profiles.get('bob', 'p'),
      profiles.delete('bob', 'p'),
      profiles.reset('bob', 'p'),
      profiles.export('bob', 'p'),
      profiles.setOverrides('bob', 'p', {}),
      profiles.question('bob', 'p'),
      profiles.answer('bob', 'p', { question, outcome: 'first' }),
      profiles.steering('bob', 'p'),
    ];
    const results = await Promise.allSettled(calls);
    const reasons = results.map((result) => (result as PromiseRejectedResult).reason as unknown);
    for (const reason of reasons) expect(reason).toBeInstanceOf(ProfileNotFoundError);
    expect(await profiles.list('bob')).toEqual([]);
  });
});

const strong = {
  attributes: {
    salty: { reward: 'salt', high: 'salt', low: 'none' },
    sugary: { reward: 'sweet', param: 'drift', high: 'sugar', low: 'none' },
  },
  prompts: ['soup'],
  strength: 3,
  klBudget: { perToken: 0.5 },
};

describe('a document', () => {
  it('carries a user to another store, whatever it says of what was learned', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', name: 'home', recipe: 'taste' });
    await interview(profiles, likes([2, -1]));
    await profiles.setOverrides(owner, 'p', { salty: 1 });
    const { attributes, text } = await profiles.get(owner, 'p');
    const document = await profiles.export(owner, 'p');
    expect(JSON.stringify(document)).not.toContain(owner);
    const lie = { version: 1, observations: [] };
    const forged = { ...document, profile: { ...document.profile, posterior: lie } };
    const other = await open();
    for (const [given, id] of [
      [document, 'q'],
      [forged, 'r'],
    ] as const) {
      const view = await other.import('bob', structuredClone(given), id);
      expect(view).toMatchObject({ id, name: 'home', attributes, text });
    }
    await profiles.import(owner, document, 'again');
    await profiles.reset(owner, 'again');
    expect((await ask(profiles, 'again')).number).toBe(1);
  });

  it.each([
    ['null', null, 'document'],
    ['a list', [], 'document'],
    ['an unknown basis', { profile: { basis: 'x', overrides: {} }, answers: [] }, 'not here'],
    ['no answers', { profile: { basis: 'x', overrides: {} } }, 'document.answers'],
  ])('of %s is refused', async (_, document, message) => {
    const profiles = await open();
    const failure = profiles.import(owner, document);
    await expect(failure).rejects.toThrow(InvalidOptionError);
    await expect(failure).rejects.toThrow(message);
  });

  it('whose answers are of other attributes is refused', async () => {
    const profiles = await open();
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const { id } = await ask(profiles);
    await profiles.answer(owner, 'p', { question: id, outcome: 'first' });
    const document = await profiles.export(owner, 'p');
    const answers = document.answers.map((answer) => ({ ...answer, features: [1] }));
    const failure = profiles.import(owner, { ...document, answers }, 'q');
    await expect(failure).rejects.toThrow(InvalidOptionError);
    expect(await profiles.list(owner)).toHaveLength(1);
  });
});

describe('limits', () => {
  it('are of profiles of an owner, of answers, and of imported text', async () => {
    const profiles = await open({ limits: { profiles: 2, answers: 1, importedText: 100 } });
    await profiles.create(owner, { id: 'p', recipe: 'taste' });
    const { id } = await ask(profiles);
    await profiles.answer(owner, 'p', { question: id, outcome: 'first' });
    const document = await profiles.export(owner, 'p');
    const second = { question: (await ask(profiles)).id, outcome: 'first' } as const;
    await expect(profiles.answer(owner, 'p', second)).rejects.toMatchObject({
      option: 'limits.answers',
    });
    expect(await profiles.get(owner, 'p')).toMatchObject({ answers: 1 });
    const [answer] = document.answers;
    for (const [answers, message] of [
      [[answer, answer], /2 answers, and a profile may have 1/],
      [[{ ...answer, first: 'a'.repeat(101) }], /characters, and may have 100/],
    ] as const) {
      await expect(profiles.import(owner, { ...document, answers }, 'q')).rejects.toThrow(message);
    }
    await profiles.import(owner, document, 'q');
    const third = profiles.create(owner, { recipe: 'taste' });
    await expect(third).rejects.toMatchObject({ option: 'limits.profiles' });
    expect(await profiles.create('bob', { id: 'p', recipe: 'taste' })).toMatchObject({ id: 'p' });
  });

  it('hold for those who ask at once, too', async () => {
    const profiles = await open({ limits: { profiles: 3 } });
    const made = Array.from({ length: 9 }, () => profiles.create(owner, { recipe: 'taste' }));
    const outcomes = await Promise.allSettled(made);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await profiles.list(owner)).toHaveLength(3);
  });
});

describe('a basis', () => {
  it('is shared by recipes that measure the same, and by no others', async () => {
    const store = await openStore();
    const { attributes } = recipe.profile!;
    const [salty, sugary] = attributes;
    const rename = (name: string, changed: typeof attributes) => ({
      ...recipe,
      name,
      profile: { ...recipe.profile!, attributes: changed },
    });
    const recipes = [
      recipe,
      rename('same', [salty!, { ...sugary!, high: 'sugar', param: null }]),
      rename('turned', [sugary!, salty!]),
      rename('other', [salty!, { ...sugary!, name: 'bitter' }]),
      rename('coarse', [{ ...salty!, normalization: { mean: 5, deviation: 3 } }, sugary!]),
      rename('mean', [{ ...salty!, isPerToken: true }, sugary!]),
    ];
    const profiles = await open({ store, recipes });
    const { recipes: usable } = await profiles.create(owner, { id: 'p', recipe: 'taste' });
    expect(usable).toEqual(['taste', 'same']);
    expect((await profiles.get(owner, 'p', 'same')).attributes[1]!.high).toBe('sugar');
    for (const [name, message] of [
      ['turned', 'in another order: salty, sugary'],
      ['other', 'it has no bitter; the recipe has no sugary'],
      ['coarse', 'its salty was measured with mean 5 and deviation 2'],
      ['mean', "the recipe's is with mean 5 and deviation 2 per token"],
    ]) {
      const failure = profiles.steering(owner, 'p', name);
      await expect(failure).rejects.toThrow(InvalidOptionError);
      await expect(failure).rejects.toThrow(message);
    }
    const elsewhere = await open({ store, recipes: recipes.slice(2) });
    await expect(elsewhere.get(owner, 'p')).rejects.toThrow('a recipe that is not here');
    expect(await elsewhere.list(owner)).toMatchObject([{ id: 'p', recipes: [] }]);
    await elsewhere.delete(owner, 'p');
  });
});

describe('withSteering', () => {
  it('leaves what a request says itself', () => {
    const steering = { rewards: { a: 1, b: 2 }, params: { p: 3 }, klBudget: { perToken: 1 } };
    expect(withSteering({}, steering)).toEqual(steering);
    expect(withSteering({ rewards: { b: 0 }, params: { q: 1 }, klBudget: null }, steering)).toEqual(
      { rewards: { a: 1, b: 0 }, params: { p: 3, q: 1 }, klBudget: null },
    );
  });
});
