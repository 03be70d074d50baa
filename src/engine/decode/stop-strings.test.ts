import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { Constraint, GenerateOptions, GeneratedToken, TokenId } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

// Tokens end within words and within characters, so that stop strings cross their borders.
const spellings = ['a', 'b', 'c', 'ab', 'bc', 'cab', 'aé', 'éb'].map((text) => Buffer.from(text));
const pieces = [...spellings, Uint8Array.of(0xc3), Uint8Array.of(0xa9)];
const vocabulary = pieceVocabulary(pieces);
const forced = ['abcab[ac]bcéb(abab|cabc){1,9}', '(aé|cab)éb[abc]{3}cabcabcab'];
const constraints: readonly (Constraint | null)[] = [
  null,
  ...forced.map((regex) => compiledHere({ regex }, vocabulary)),
];

let trimtab: LoadedRecipe;
beforeAll(async () => {
  const fake = (salt: number) => ({ vocabulary, logits: chaoticLogits(vocabulary, { salt }) });
  const { loader } = fakeLoader({ base: fake(1), expert: fake(2) });
  const recipe = fakeRecipe({
    sampling: { temperature: 1 },
    rewards: { letters: { patterns: { b: 1 }, weight: 0 } },
  });
  trimtab = await LoadedRecipe.load(recipe, { loader });
});
afterAll(() => trimtab[Symbol.asyncDispose]());

const segments: GenerateOptions = {
  rewards: { letters: 1 },
  guidance: {
    method: 'segments',
    entropy: 99,
    threshold: 3,
    beta: 2,
    maxTokens: 3,
    maxTries: 3,
  },
};

interface Asked {
  readonly options: GenerateOptions;
  readonly minTokens: number;
  readonly stop: readonly string[];
}

const asked: fc.Arbitrary<Asked> = fc.record({
  options: fc
    .record({
      seed: fc.nat(1000),
      maxTokens: fc.integer({ min: 16, max: 24 }),
      constraint: fc.constantFrom(...constraints),
      logprobs: fc.boolean(),
      way: fc.constantFrom<GenerateOptions>({}, segments, { temperature: 0 }),
    })
    .map(({ way, ...options }) => ({ ...options, ...way })),
  minTokens: fc.constantFrom(0, 0, 1, 5, 16),
  stop: fc.uniqueArray(
    fc.constantFrom('a', 'ab', 'bca', 'é', 'bé', 'cabc', 'bb', 'zzz', '\uFFFD'),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
});

/** Where an answer ends: in its text, looked for behind its first `minTokens` tokens. */
function cut(tokens: readonly GeneratedToken[], text: string, { minTokens, stop }: Asked) {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const kept = tokens
    .slice(0, minTokens)
    .map(({ tokenId }) => decoder.decode(vocabulary.piece(tokenId), { stream: true }))
    .join('');
  const found = stop
    .map((each) => ({ stop: each, at: text.indexOf(each, kept.length) }))
    .filter(({ at }) => at !== -1)
    .toSorted((a, b) => a.at - b.at || a.stop.length - b.stop.length);
  return found[0];
}

const idsOf = (tokens: readonly GeneratedToken[]): TokenId[] =>
  tokens.map(({ tokenId }) => tokenId);

describe('an answer with stop strings', () => {
  it('is the answer without them, up to the first, behind minTokens', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (each) => {
        const { options, minTokens, stop } = each;
        const whole = await trimtab.generate('abc', { ...options, minTokens });
        const end = cut(whole.tokens, whole.text, each);
        const stream = trimtab.stream('abc', { ...options, minTokens, stop });
        const streamed = { text: '', tokens: [] as GeneratedToken[] };
        for await (const { text, tokens } of stream) {
          streamed.text += text;
          streamed.tokens.push(...tokens);
        }
        const { text, tokens, finishReason, stopString, usage } = await stream.result;
        expect({ text, stopString }).toEqual({
          text: whole.text.slice(0, end?.at),
          stopString: end?.stop,
        });
        expect(finishReason).toBe(end === undefined ? whole.finishReason : 'stop');
        expect(streamed).toEqual({ text, tokens });
        expect(usage.completionTokens).toBe(tokens.length);
        // No token behind the one that decided it.
        expect(idsOf(whole.tokens).slice(0, tokens.length)).toEqual(idsOf(tokens));
        const bytes = tokens.map(({ tokenId }) => vocabulary.piece(tokenId));
        const all = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(bytes));
        expect(all.startsWith(text + (stopString ?? ''))).toBe(true);
      }),
      {
        numRuns: 25,
        // Ends by length inside a character, which is found to be none.
        examples: [
          [
            {
              options: { seed: 1, maxTokens: 16, constraint: null, logprobs: false },
              minTokens: 16,
              stop: ['\uFFFD'],
            },
          ],
        ],
      },
    );
  });

  it('ends with the token that completes the stop string', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ options, stop: [stop] }) => {
        const { tokens, stopString } = await trimtab.generate('abc', { ...options, stop: stop! });
        const before = Buffer.concat(
          tokens.slice(0, -1).map((each) => vocabulary.piece(each.tokenId)),
        );
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
        const isNeeded = !decoder.decode(before, { stream: true }).includes(stop!);
        expect(isNeeded || stopString === undefined).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
