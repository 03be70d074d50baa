import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { composedBy, type ComposeRows } from '../../compose/index.ts';
import { createLocalService, createSupervisedService } from '../../service/index.ts';
import {
  InvalidOptionError,
  NonFiniteLogitsError,
  type GenerateOptions,
  type TokenId,
} from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';
import type { ChosenToken } from './chosen-token.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));
const logitsOf = {
  base: chaoticLogits(vocabulary, { salt: 1, endBias: -3 }),
  expert: chaoticLogits(vocabulary, { salt: 2, endBias: -3 }),
  anti: chaoticLogits(vocabulary, { salt: 3, endBias: -3 }),
};
const prompt = 'abc';
const promptLength = 3;

/** What a test's method does instead, while it is there. */
let instead: ComposeRows | undefined;

const clip = (shift: number, most: number) => Math.max(-most, Math.min(most, shift));
const clipped = composedBy({
  name: 'clipped',
  models: ['base', 'expert', 'anti'],
  compose(rows, out, position, params) {
    if (instead !== undefined) return instead(rows, out, position, params);
    const { expert, anti } = rows;
    for (let i = 0; i < out.length; i++) {
      out[i]! += clip(params['alpha']! * (expert[i]! - anti[i]!), 1);
    }
    return undefined;
  },
});

const makeRecipe = () =>
  fakeRecipe({
    models: Object.fromEntries(
      Object.keys(logitsOf).map((name) => [name, { file: `${name}.gguf`, prompt: 'raw' }]),
    ),
    formula: clipped,
    params: { alpha: { default: 2, min: 0 } },
    rewards: { words: { words: { a: 3 }, weight: 0 } },
    speculation: 'auto',
  });
const makeLoader = () => {
  const fakes = Object.entries(logitsOf).map(([name, logits]) => [name, { vocabulary, logits }]);
  return fakeLoader(Object.fromEntries(fakes) as Parameters<typeof fakeLoader>[0]).loader;
};

let trimtab: LoadedRecipe;
beforeAll(async () => {
  trimtab = await LoadedRecipe.load(makeRecipe(), { loader: makeLoader() });
});
afterAll(() => trimtab[Symbol.asyncDispose]());

const generate = (options: GenerateOptions = {}) =>
  trimtab.generate(prompt, { maxTokens: 16, ...options });

/** What the method makes of it, in doubles. */
function reference(tokens: readonly TokenId[], alpha = 2): number[] {
  const [base, expert, anti] = Object.values(logitsOf).map((logits) => logits(tokens));
  return base!.map((logit, i) => logit + clip(alpha * (expert![i]! - anti![i]!), 1));
}

function prefixes(answer: readonly TokenId[]): TokenId[][] {
  const asked = vocabulary.tokenize(prompt, { addSpecial: false, parseSpecial: false });
  return answer.map((_, i) => [...asked, ...answer.slice(0, i)]);
}

describe("a method of one's own", () => {
  it('chooses every token, with the params of the request', async () => {
    for (const alpha of [2, 0.25]) {
      const { tokens } = await generate({ params: { alpha } });
      const ids = tokens.map(({ tokenId }) => tokenId);
      const greedy = prefixes(ids).map((before) => {
        const row = reference(before, alpha);
        return row.indexOf(Math.max(...row));
      });
      expect(ids).toEqual(greedy);
    }
  });

  it('goes with constraints, rewards, budgets, batches and streams', async () => {
    const options = { temperature: 1, seed: 3 };
    const { text } = await generate({ ...options, constraint: { regex: '[ab]{6}' } });
    expect(text).toMatch(/^[ab]{6}$/);
    const steered = await generate({ rewards: { words: 5 }, klBudget: { perToken: 0.3 } });
    expect(steered.kl).toBeLessThanOrEqual(0.3 * steered.tokens.length);
    const together = await Promise.all([1, 2, 3].map((seed) => generate({ ...options, seed })));
    for (const [i, answer] of together.entries()) {
      const { tokens } = await generate({ ...options, seed: i + 1, speculation: 'off' });
      expect(answer.tokens).toEqual(tokens);
    }
    let streamed = '';
    for await (const chunk of trimtab.stream(prompt, { maxTokens: 16 })) streamed += chunk.text;
    expect(streamed).toBe((await generate()).text);
  });

  it('is traced by what each model thinks, and scored as it is generated', async () => {
    const { tokens } = await generate({ trace: true });
    for (const { trace } of tokens) {
      expect(trace!.terms).toEqual([]);
      expect(trace!.models!.map(({ model }) => model)).toEqual(['base', 'expert', 'anti']);
      expect(trace!.kl).toBeGreaterThanOrEqual(0);
    }
    const ids = tokens.map(({ tokenId }) => tokenId);
    const scored = await trimtab.score(prompt, ids);
    expect(scored.tokens.map(({ logprob }) => logprob)).toEqual(
      tokens.map(({ logprob }) => logprob),
    );
  });

  it('that gives no logit ends its answer alone, and says where', async () => {
    instead = (_, out, position) => {
      if (position === promptLength + 2) out[5] = NaN;
    };
    const failed = generate();
    await expect(failed).rejects.toThrow(NonFiniteLogitsError);
    await expect(failed).rejects.toThrow('clipped gave NaN for token 5 at position 5');
    instead = () => {
      throw new RangeError('mine');
    };
    await expect(generate()).rejects.toThrow('mine');
    instead = undefined;
    await expect(generate()).resolves.toMatchObject({ finishReason: 'length' });
  });

  it('is served in this process, and refused by one that cannot have it', async () => {
    await using service = await createLocalService({
      recipes: [makeRecipe()],
      engineOptions: { loader: makeLoader() },
    });
    const [served] = service.recipes();
    expect(served!.formula).toBe('clipped(base, expert, anti)');
    const request = { recipe: 'fake', prompt, owner: '', options: { maxTokens: 16 } };
    expect((await service.stream(request).result).text).toBe((await generate()).text);
    const supervised = createSupervisedService({ recipes: [makeRecipe()] });
    await expect(supervised).rejects.toThrow(InvalidOptionError);
    await expect(supervised).rejects.toThrow('a function, clipped, which cannot be sent');
  });
});

describe('onToken', () => {
  it('sees each token with its place, the rows and what was composed', async () => {
    const seen: ChosenToken[] = [];
    const onToken = (chosen: ChosenToken) =>
      seen.push({
        ...chosen,
        composed: chosen.composed.slice(),
        rows: Object.fromEntries(
          Object.entries(chosen.rows).map(([name, row]) => [name, row.slice()]),
        ),
      });
    const { tokens } = await trimtab.generate(prompt, { maxTokens: 6, onToken });
    const ids = tokens.map(({ tokenId }) => tokenId);
    expect(seen.map(({ tokenId }) => tokenId)).toEqual(ids);
    expect(seen.map(({ position }) => position)).toEqual(ids.map((_, i) => promptLength + i));
    for (const [i, before] of prefixes(ids).entries()) {
      const { rows, composed, answer } = seen[i]!;
      expect(answer).toBe(0);
      expect(Object.keys(rows)).toEqual(['base', 'expert', 'anti']);
      expect([...rows['expert']!]).toEqual([...Float32Array.from(logitsOf.expert(before))]);
      const expected = reference(before);
      for (const [id, logit] of composed.entries()) expect(logit).toBeCloseTo(expected[id]!, 4);
    }
  });

  it('sees the end, each of several answers, and tokens that were drafted', async () => {
    const told: { tokenId: TokenId; answer: number }[] = [];
    const onToken = ({ tokenId, answer }: ChosenToken) => told.push({ tokenId, answer });
    const asked = { temperature: 1, seed: 2, maxTokens: 12, onToken };
    const { tokens } = await trimtab.generate(prompt, { ...asked, speculation: 'base:length=4' });
    const chosen = told.splice(0).map(({ tokenId }) => tokenId);
    expect(chosen.slice(0, tokens.length)).toEqual(tokens.map(({ tokenId }) => tokenId));
    instead = (_, out) => void (out[vocabulary.special.eos!] = 99);
    await trimtab.generate(prompt, asked);
    instead = undefined;
    expect(told.splice(0)).toEqual([{ tokenId: vocabulary.special.eos!, answer: 0 }]);
    const guidance = { method: 'best-of', n: 3 } as const;
    await trimtab.generate(prompt, { ...asked, rewards: { words: 1 }, guidance });
    expect(new Set(told.map(({ answer }) => answer))).toEqual(new Set([0, 1, 2]));
  });

  it('ends the answer with what it throws, and must be a function', async () => {
    const onToken = () => {
      throw new RangeError('enough');
    };
    await expect(trimtab.generate(prompt, { onToken })).rejects.toThrow('enough');
    const odd = trimtab.generate(prompt, { onToken: 3 as never });
    await expect(odd).rejects.toMatchObject({ option: 'onToken' });
    const ofService = generate({ onTokens: () => {} } as never);
    await expect(ofService).rejects.toThrow('There is no option "onTokens"');
  });
});
