import { describe, expect, it } from 'vitest';

import { byteVocabulary } from '../../../test/support/byte-vocabulary.ts';
import { ContextLengthError, type Vocabulary } from '../../spec/index.ts';
import { tokenizeFitting, requireBounded } from './tokenize-fitting.ts';

const options = { addSpecial: false, parseSpecial: true };
const room = { name: 'base', contextLength: 100 };

/** A vocabulary, and how long the texts were that it tokenised. */
function counting(): { vocabulary: Vocabulary; lengths: number[] } {
  const bytes = byteVocabulary(['ab', ' x']);
  const lengths: number[] = [];
  const tokenize: Vocabulary['tokenize'] = (text, given) => {
    lengths.push(text.length);
    return bytes.tokenize(text, given);
  };
  return { vocabulary: { ...bytes, tokenize }, lengths };
}

describe('reading a text', () => {
  it.each(['x', 'a ', ' x', '<|user|>', '日本', '\n\n'])(
    'refuses %j a million times without tokenising it',
    async (part) => {
      const { vocabulary, lengths } = counting();
      const reading = tokenizeFitting(vocabulary, part.repeat(1_000_000), options, room);
      await expect(reading).rejects.toThrow(ContextLengthError);
      expect(Math.max(...lengths)).toBeLessThan(100); // of what the tokenizer is tried on
    },
  );

  it('tokenises once what has few enough bytes to fit', async () => {
    const { vocabulary, lengths } = counting();
    for (const text of ['x'.repeat(100), 'ab'.repeat(100)]) {
      await tokenizeFitting(vocabulary, text, options, room).catch(() => {});
      expect(lengths.splice(0)).toEqual([text.length]);
    }
  });

  it('refuses what proves too long once it is tokenised', async () => {
    const { vocabulary } = counting();
    const reading = tokenizeFitting(vocabulary, 'ab'.repeat(60), options, room);
    await expect(reading).rejects.toThrow(
      'is 120 tokens long for "base", 21 too many: its context holds 100 with the answer',
    );
    expect(await tokenizeFitting(vocabulary, 'ab'.repeat(50), options, room)).toHaveLength(100);
  });

  it('counts no more than twice what fits', async () => {
    const reading = tokenizeFitting(counting().vocabulary, 'ab'.repeat(250), options, room);
    await expect(reading).rejects.toThrow(
      'at least 201 tokens long for "base", at least 102 too many',
    );
  });

  it('takes the way beside other work where there is one, and little more than fits', async () => {
    const asked: number[] = [];
    const vocabulary: Vocabulary = {
      ...byteVocabulary(),
      tokenizeLong: (_, { most }) => {
        asked.push(most);
        return Promise.resolve([1, 2]);
      },
    };
    expect(await tokenizeFitting(vocabulary, 'hello', options, room)).toEqual([1, 2]);
    expect(asked).toEqual([200]);
  });

  it('is bounded for its own sake too', () => {
    expect(() => requireBounded('é'.repeat(2 ** 19))).not.toThrow();
    expect(() => requireBounded(`é${'é'.repeat(2 ** 19)}`)).toThrow(
      'has 1048578 bytes: at most 1048576',
    );
  });
});
