import { afterEach, describe, expect, it } from 'vitest';

import {
  startBaseServer,
  type BaseServer,
  type BaseServerOptions,
} from '../../test/support/base-server.ts';
import { byteVocabulary } from '../../test/support/byte-vocabulary.ts';
import { chaoticLogits } from '../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import type { RecipeDocument } from '../recipe/index.ts';
import {
  InvalidOptionError,
  RecipeError,
  RemoteModelError,
  type GenerateOptions,
  type ServerKind,
} from '../spec/index.ts';
import { LoadedRecipe } from './index.ts';

const vocabulary = byteVocabulary();
const logitsOf = (salt: number) => chaoticLogits(vocabulary, { salt });
const fakes = {
  base: { vocabulary, logits: logitsOf(1) },
  expert: { vocabulary, logits: logitsOf(2) },
  small: { vocabulary, logits: logitsOf(3) },
};

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

const steered: Partial<RecipeDocument> = {
  base: 'base',
  formula: 'base + alpha * (expert - small)',
  params: { alpha: { default: 0.7, min: 0, max: 3 } },
  rewards: { brief: { words: { a: 1, e: 2, '!': -3 } } },
  guidance: { method: 'args', candidates: 6 },
};

type Models = RecipeDocument['models'];

const local: Models = {
  expert: { file: 'expert.gguf', prompt: 'raw' },
  small: { file: 'small.gguf', prompt: 'raw' },
};

async function load(models: Models, document: Partial<RecipeDocument> = {}): Promise<LoadedRecipe> {
  const recipe = fakeRecipe({ ...steered, models: { ...models, ...local }, ...document });
  const loaded = await LoadedRecipe.load(recipe, { loader: fakeLoader(fakes).loader });
  opened.push(loaded);
  return loaded;
}

interface Remote {
  readonly server: BaseServer;
  readonly recipe: LoadedRecipe;
}

async function loadRemote(
  options: Partial<BaseServerOptions> = {},
  entry: object = {},
  document: Partial<RecipeDocument> = {},
): Promise<Remote> {
  const server = await startBaseServer({
    kind: 'vllm',
    vocabulary,
    logits: fakes.base.logits,
    ...options,
  });
  opened.push(server);
  const kind: ServerKind = options.kind ?? 'vllm';
  const base = { server: server.url, kind, prompt: 'raw' as const, ...entry };
  return { server, recipe: await load({ base }, document) };
}

const requests: Readonly<Record<string, GenerateOptions>> = {
  greedy: { temperature: 0 },
  'by a seed': { temperature: 1, seed: 7 },
  'hot, by a seed': { temperature: 1.8, seed: 8 },
  'among the best': { temperature: 1, topK: 12, seed: 9 },
  'in a nucleus': { temperature: 0.8, topP: 0.9, seed: 10 },
  'above a share': { temperature: 1.2, minP: 0.05, seed: 11 },
  'in a nucleus, above a share': { temperature: 1, topP: 0.95, minP: 0.02, seed: 12 },
  'with penalties': { temperature: 1, presencePenalty: 0.5, frequencyPenalty: 0.3, seed: 13 },
  'with a bias': { temperature: 1, logitBias: { 65: 4, 66: -100 }, seed: 14 },
  'under a constraint': {
    temperature: 1,
    seed: 15,
    constraint: { regex: '[a-f]{3} [0-9]{5}' },
  },
  unsteered: { temperature: 0, params: { alpha: 0 } },
  'unsteered, by a seed': { temperature: 1, params: { alpha: 0 }, seed: 17 },
  'with rewards': { temperature: 1, seed: 18, params: { rewardWeight: 2 } },
  'with no rewards': { temperature: 1, seed: 19, params: { rewardWeight: 0 } },
};

describe.each(['vllm', 'llama-server'] as const)('a base behind %s', (kind) => {
  it.each(Object.entries(requests))(
    'answers as the base in this process does, %s',
    async (_, options) => {
      const here = await load({ base: { file: 'base.gguf', prompt: 'raw' } });
      const { recipe } = await loadRemote({ kind });
      const asked = { maxTokens: 24, ...options };
      const expected = await here.generate({ text: 'Say it. ' }, asked);
      const { tokens, text, certificate } = await recipe.generate({ text: 'Say it. ' }, asked);
      expect(text).toBe(expected.text);
      expect(tokens.map(({ tokenId }) => tokenId)).toEqual(
        expected.tokens.map(({ tokenId }) => tokenId),
      );
      expect(certificate).toEqual({ exact: true, uncertainTokens: 0, totalVariation: 0 });
    },
  );

  it('answers many at once, each as alone', async () => {
    const { recipe } = await loadRemote({ kind });
    const prompts = ['One. ', 'Two. ', 'Three. '];
    const asked = { maxTokens: 12, temperature: 1, seed: 3 };
    const alone: string[] = [];
    for (const text of prompts) alone.push((await recipe.generate({ text }, asked)).text);
    const together = await Promise.all(prompts.map((text) => recipe.generate({ text }, asked)));
    expect(together.map(({ text }) => text)).toEqual(alone);
  });

  it('checks drafts of a local model several positions a request, and the tokens stay the same', async () => {
    const { recipe, server } = await loadRemote({ kind }, {}, { speculation: 'expert:length=4' });
    const plain = await loadRemote({ kind });
    const asked = { maxTokens: 24, temperature: 0, params: { alpha: 3 } };
    const expected = await plain.recipe.generate({ text: 'Say it. ' }, asked);
    const before = server.asked.length;
    const { text } = await recipe.generate({ text: 'Say it. ' }, asked);
    expect(text).toBe(expected.text);
    const lists = server.asked.slice(before).map(({ length }) => length);
    expect(Math.max(...lists)).toBe(5);
  });
});

describe('log-probs and traces of a base on a server', () => {
  it('are those of the base in this process, as far as they say', async () => {
    const here = await load({ base: { file: 'base.gguf', prompt: 'raw' } });
    const { recipe } = await loadRemote();
    const asked = { maxTokens: 8, temperature: 1, seed: 4, topLogprobs: 3, trace: true };
    const expected = await here.generate({ text: 'Say it. ' }, asked);
    const { tokens, certificate } = await recipe.generate({ text: 'Say it. ' }, asked);
    const error = certificate!.logprobError! + 1e-4;
    for (const [i, token] of tokens.entries()) {
      const { logprob, topLogprobs, trace, tokenId } = expected.tokens[i]!;
      expect(token.tokenId).toBe(tokenId);
      expect(Math.abs(token.logprob! - logprob!)).toBeLessThanOrEqual(error);
      expect(token.topLogprobs!.map((top) => top.tokenId)).toEqual(
        topLogprobs!.map((top) => top.tokenId),
      );
      expect(token.trace).toMatchObject({
        totalVariation: 0,
        baseChoice: { tokenId: trace!.baseChoice.tokenId },
      });
      expect(token.trace!.terms[0]!.logprob).toBeCloseTo(trace!.terms[0]!.logprob, 4);
    }
  });

  it('say how far a sample may be off where neither more nor ids can be asked for', async () => {
    const { recipe } = await loadRemote({ kind: 'vllm', maxLogprobs: 40 }, { private: true });
    const { certificate } = await recipe.generate(
      { text: 'Say it. ' },
      { maxTokens: 24, temperature: 2, seed: 3 },
    );
    expect(certificate!.uncertainTokens).toBeGreaterThan(0);
    expect(certificate!.exact).toBe(false);
    expect(certificate!.totalVariation).toBeGreaterThan(0);
    expect(certificate!.totalVariation).toBeLessThanOrEqual(1);
  });
});

describe('a private base', () => {
  it('is shown its prompt and the tokens of the answer, and nothing else', async () => {
    const { recipe, server } = await loadRemote({}, { private: true }, { speculation: 'auto' });
    const question = 'Say it. ';
    const before = server.heard.length;
    const { tokens } = await recipe.generate(
      { text: question },
      { maxTokens: 24, temperature: 1.5, seed: 5 },
    );
    const prompt = vocabulary.tokenize(question, { addSpecial: true, parseSpecial: false });
    const answer = tokens.map(({ tokenId }) => tokenId);
    const heard = server.heard.slice(before);
    expect(heard.length).toBeGreaterThanOrEqual(tokens.length);
    for (const { body } of heard) {
      const [asked, ...more] = body['prompt'] as number[][];
      expect(more).toEqual([]);
      expect(asked).toEqual([...prompt, ...answer].slice(0, asked!.length));
      expect(asked!.length).toBeGreaterThanOrEqual(prompt.length);
      expect(Object.keys(body).toSorted((a, b) => a.localeCompare(b))).toEqual([
        'logprobs',
        'max_tokens',
        'model',
        'prompt',
        'return_tokens_as_token_ids',
        'temperature',
      ]);
    }
  });
});

describe('what is withheld', () => {
  it('is in no answer, in no case of its letters, and in no request: what is said, the server reads', async () => {
    const question = 'Say it. ';
    const asked: GenerateOptions = { maxTokens: 24, temperature: 1.5, seed: 5 };
    const free = await loadRemote({}, { private: true });
    const { text } = await free.recipe.generate({ text: question }, asked);
    // Of what it would say, a few letters.
    const withheld = [...new Set(text.match(/[A-Za-z]/g))].slice(0, 3);
    expect(withheld.length).toBeGreaterThan(0);
    const withhold = [withheld[0]!, { regex: `[${withheld.join('')}]` }];
    const kept = await loadRemote({}, { private: true, withhold });
    const answer = await kept.recipe.generate({ text: question }, asked);
    const heard = kept.server.asked.flat().map((ids) => {
      const said = ids.slice(question.length);
      return Buffer.concat(said.map((id) => vocabulary.piece(id))).toString('latin1');
    });
    for (const word of withheld) {
      expect(answer.text).not.toContain(word);
      expect(heard.filter((said) => said.includes(word))).toEqual([]);
    }
    const other = withheld[0]!.toUpperCase() === withheld[0] ? 'toLowerCase' : 'toUpperCase';
    expect(answer.text).not.toContain(withheld[0]![other]());
    expect(answer.tokens).toHaveLength(24);
    expect(answer.certificate!.exact).toBe(true);
  });

  it('is kept beside a constraint, which may leave nothing', async () => {
    const { recipe } = await loadRemote({}, { withhold: ['yes'] });
    const ask = (choice: readonly string[]) =>
      recipe.generate({ text: 'Well? ' }, { maxTokens: 9, temperature: 0, constraint: { choice } });
    expect((await ask(['Yes', 'no'])).text).toBe('no');
    expect((await ask(['yesterday', 'ye'])).text).toBe('ye');
    await expect(ask(['Yes'])).rejects.toMatchObject({ code: 'empty_support' });
  });

  it('is of the server alone: a local model says it', async () => {
    const { recipe } = await loadRemote({}, { withhold: ['yes'] });
    const options = { maxTokens: 9, only: 'expert', constraint: { choice: ['yes'] } };
    expect((await recipe.generate({ text: 'Well? ' }, options)).text).toBe('yes');
  });

  it('is refused where it leaves no answer, or is no expression', async () => {
    await expect(loadRemote({}, { withhold: [{ regex: 'a*' }] })).rejects.toThrow(
      /models\.base\.withhold/,
    );
    await expect(loadRemote({}, { withhold: [{ regex: '(' }] })).rejects.toThrow(
      /models\.base\.withhold/,
    );
  });
});

describe('what a base on a server cannot do is refused by name', () => {
  it.each([
    ['typicalP', { temperature: 1, typicalP: 0.5 }],
    ['repetitionPenalty', { repetitionPenalty: 1.1 }],
    ['klBudget', { klBudget: { perToken: 1 } }],
    ['allLogprobs', { allLogprobs: true }],
  ] as const)('%s of a request', async (option, options) => {
    const { recipe } = await loadRemote();
    const refused: unknown = await recipe
      .generate('Say it.', options)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidOptionError);
    expect(refused).toMatchObject({
      option,
      message: expect.stringContaining('on a server') as string,
    });
  });

  it('the score of a text, but of a local model', async () => {
    const { recipe } = await loadRemote();
    await expect(recipe.score('Say it.', ' No')).rejects.toThrow(/given token/);
    await expect(recipe.score('Say it.', ' No', { only: 'small' })).resolves.toBeDefined();
  });

  it('a coefficient that is not above 0', async () => {
    const { recipe } = await loadRemote(
      {},
      {},
      {
        formula: 'alpha * base + expert',
        params: { alpha: { default: 1, min: -2, max: 2 } },
      },
    );
    await expect(recipe.generate('Say it.', { params: { alpha: -1 } })).rejects.toThrow(
      /coefficient is -1/,
    );
    await expect(
      recipe.generate('Say it.', { params: { alpha: 0.5 }, maxTokens: 2 }),
    ).resolves.toBeDefined();
  });

  it.each([
    [{ formula: 'base + expert + 0.5 * logp(base)' }, /in several terms/],
    [{ formula: 'expert' }, /no part in the formula/],
    [{ base: 'expert' }, /base alone can be on a server/],
    [{ klBudget: 1 }, /klBudget/],
    [{ plausibility: { topP: 0.9 } }, /plausibility.topP/],
    [{ sampling: { typicalP: 0.5 } }, /typicalP/],
    [{ guidance: { method: 'segments' as const } }, /Segments/],
    [{ params: { alpha: { default: 1, schedule: { match: 'kl' as const } } } }, /schedule/],
    [{ speculation: 'base' }, /cannot draft/],
  ])('%j of a recipe', async (document, message) => {
    const error: unknown = await loadRemote({}, {}, document as Partial<RecipeDocument>).catch(
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(RecipeError);
    expect(String(error)).toMatch(message);
  });
});

describe('a server that fails', () => {
  it('fails the answers that need it, and the next succeeds', async () => {
    const { recipe, server } = await loadRemote({}, { timeout: 0.2 });
    const asked = { maxTokens: 4 };
    server.failNext('hang', 'hang', 'hang', 'hang');
    const failed: unknown = await recipe
      .generate('Say it.', asked)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RemoteModelError);
    await expect(recipe.generate('Say it.', asked)).resolves.toBeDefined();
  });

  it('keeps no local model waiting', async () => {
    const { recipe, server } = await loadRemote({}, { timeout: 5 });
    server.failNext('hang');
    const leaving = new AbortController();
    const slow = recipe.generate('Say it.', { maxTokens: 4, signal: leaving.signal });
    const { text } = await recipe.generate('Say it.', { maxTokens: 4, only: 'small' });
    expect(text.length).toBeGreaterThan(0);
    leaving.abort(new Error('left'));
    await expect(slow).rejects.toThrow('left');
    expect(recipe.stats.running).toBe(0);
  });

  it('is asked no token twice where it is asked again', async () => {
    const { recipe, server } = await loadRemote();
    const asked = { maxTokens: 12, temperature: 1, seed: 2 };
    const { text } = await recipe.generate('Say it.', asked);
    server.failNext('drop', { status: 500 });
    expect((await recipe.generate('Say it.', asked)).text).toBe(text);
    expect(recipe.stats.remote!.retries).toBe(2);
  });
});
