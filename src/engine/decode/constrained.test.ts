import { describe, expect, it } from 'vitest';

import { compiledHere } from '../../../test/support/compiled-here.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { bytesOf } from '../../../test/support/byte-vocabulary.ts';
import { everyByte, pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import type { Constraint, TokenId, Vocabulary } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const bytes = pieceVocabulary(everyByte);

/** Logits that prefer some characters, whatever came before. */
function preferring(
  vocabulary: Vocabulary,
  likes: Readonly<Record<string, number>>,
): FakeModelOptions {
  const logits = new Float32Array(vocabulary.size);
  for (const [character, logit] of Object.entries(likes)) logits[character.charCodeAt(0)] = logit;
  return { vocabulary, logits: () => logits };
}

function load(
  base: FakeModelOptions,
  expert: FakeModelOptions,
  given: Partial<RecipeDocument> = {},
): Promise<LoadedRecipe> {
  const recipe = fakeRecipe({ engine: { contextLength: 4096 }, ...given });
  return LoadedRecipe.load(recipe, { loader: fakeLoader({ base, expert }).loader });
}

const steered = (given?: Partial<RecipeDocument>): Promise<LoadedRecipe> =>
  load(preferring(bytes, { a: 1 }), preferring(bytes, { b: 6 }), given);

describe('what a constraint forces', () => {
  const constraint = compiledHere({ regex: '[ab]wxyz[ab]wxyz' }, bytes);

  it('is charged to no KL budget, taken together or one by one', async () => {
    await using trimtab = await steered();
    for (const logprobs of [false, true]) {
      const perToken = 0.25;
      const asked = { maxTokens: 20, constraint, logprobs } as const;
      const { text, kl } = await trimtab.generate('?', { ...asked, klBudget: { perToken } });
      expect(text).toMatch(/^[ab]wxyz[ab]wxyz$/);
      // Two letters, and the z that might have merged with what follows it, were asked about.
      expect(kl).toBeCloseTo(3 * perToken, 3);
    }
  });

  it('stays within maxTokens, where the tokenizer takes more tokens than there are', async () => {
    const pieces = pieceVocabulary([...everyByte, Buffer.from('wxyz')]);
    const wordy: Vocabulary = { ...pieces, tokenize: bytesOf };
    compiledHere(constraint, wordy);
    await using trimtab = await load(preferring(wordy, { a: 1 }), preferring(wordy, {}));
    for (const [maxTokens, count] of [
      [4, 4],
      [5, 4],
      [6, 4],
      [7, 7],
      [9, 7],
      [10, 10],
    ] as const) {
      for (const logprobs of [false, true]) {
        const answer = await trimtab.generate('?', { maxTokens, constraint, logprobs });
        expect(answer.text).toMatch(/^[ab]wxyz[ab]wxyz$/);
        expect([maxTokens, answer.tokens.length]).toEqual([maxTokens, count]);
      }
    }
  });

  it('leaves nothing behind a stop string', async () => {
    await using trimtab = await steered({
      rewards: { x: { patterns: { x: 1 }, weight: 0 } },
    });
    const forced = compiledHere({ regex: '[ab]-STOP-xxxxxxxx[ab]' }, bytes);
    for (const logprobs of [false, true]) {
      const answer = await trimtab.generate('?', {
        maxTokens: 40,
        constraint: forced,
        stop: 'STOP',
        logprobs,
        reportRewards: ['x'],
      });
      expect(answer).toMatchObject({ text: 'b-', stopString: 'STOP', finishReason: 'stop' });
      expect(answer.tokens.map(({ text }) => text).join('')).toBe('b-STOP');
      expect(answer.usage.completionTokens).toBe(6);
      expect(answer.rewards).toEqual({ x: 0 });
    }
  });
});

describe('others', () => {
  it('decode while a constraint is compiled', { tags: ['slow'] }, async () => {
    await using trimtab = await steered();
    const properties = Object.fromEntries(
      ['p', 'q', 'r', 's'].map((name) => [name, { type: 'string', maxLength: 200 }]),
    );
    const hostile: readonly Constraint[] = [
      { jsonSchema: { type: 'object', properties, additionalProperties: false } },
      { regex: '.{0,2000}x' },
    ];
    for (const constraint of hostile) {
      const left = new AbortController();
      const tokens: TokenId[] = [];
      const neighbour = trimtab.stream('!', { maxTokens: 4000, signal: left.signal });
      const chunks = neighbour[Symbol.asyncIterator]();
      await chunks.next();
      const reading = (async () => {
        for (let chunk = await chunks.next(); chunk.done !== true; chunk = await chunks.next()) {
          tokens.push(...chunk.value.tokens.map(({ tokenId }) => tokenId));
        }
      })();
      const before = tokens.length;
      await trimtab.generate('?', { maxTokens: 20, constraint });
      expect(tokens.length - before).toBeGreaterThan(50);
      left.abort();
      await reading.catch(() => {});
    }
  });
});
