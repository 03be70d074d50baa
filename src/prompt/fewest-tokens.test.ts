import { describe, expect, it } from 'vitest';

import { byteVocabulary, endToken } from '../../test/support/byte-vocabulary.ts';
import { pieceVocabulary, everyByte } from '../../test/support/piece-vocabulary.ts';
import { uniformAt } from '../math/index.ts';
import type { Vocabulary } from '../spec/index.ts';
import { fewestTokens } from './fewest-tokens.ts';

const pieces = ['the', ' the', ' cat', 's', '    ', 'an', 'na', '\u2581\u2581', '日本', '<b>'];
const vocabulary = pieceVocabulary([...everyByte, ...pieces.map((piece) => Buffer.from(piece))]);

/** The least number of pieces that spell a text, by dynamic programming. */
function least(text: string): number {
  const bytes = Buffer.from(text).toString('latin1');
  const known = pieces.map((piece) => Buffer.from(piece).toString('latin1'));
  const best = [0];
  for (let end = 1; end <= bytes.length; end++) {
    const ways = known.filter((piece) => bytes.slice(0, end).endsWith(piece));
    best[end] = 1 + Math.min(best[end - 1]!, ...ways.map((piece) => best[end - piece.length]!));
  }
  return best[bytes.length]!;
}

describe('the fewest tokens of a text', () => {
  it('are never more than it can be spelled in', () => {
    const parts = [...pieces, 'x', ' ', '\n', 'é', '<', 'e', '\u{1f600}'];
    for (let seed = 0; seed < 200; seed++) {
      const text = Array.from(
        { length: 1 + (seed % 40) },
        (_, i) => parts[Math.floor(uniformAt(seed, i) * parts.length)]!,
      ).join('');
      const fewest = fewestTokens(vocabulary, text, Infinity);
      expect({ text, isMore: fewest > least(text) }).toEqual({ text, isMore: false });
      expect(fewest).toBeGreaterThan(0);
    }
  });

  it('are nearly all tokens of prose, and those of long pieces', () => {
    expect(fewestTokens(vocabulary, 'the cats '.repeat(100), Infinity)).toBe(301); // a blank ends it
    expect(fewestTokens(vocabulary, ' '.repeat(4000), Infinity)).toBe(1000);
    expect(fewestTokens(byteVocabulary(), 'x'.repeat(50), Infinity)).toBe(50);
  });

  it('are counted no further than is enough', () => {
    expect(fewestTokens(vocabulary, 'x'.repeat(1000), 10)).toBe(11);
  });

  it('are unknown where tokens are not the text', () => {
    const lower: Vocabulary = {
      ...byteVocabulary(),
      tokenize: (text) => [...Buffer.from(text.toLowerCase())],
    };
    expect(fewestTokens(lower, 'x'.repeat(100), Infinity)).toBe(0);
    const stripping: Vocabulary = {
      ...byteVocabulary(),
      tokenize: (text) =>
        text.startsWith('<|end|>')
          ? [endToken, ...Buffer.from(text.slice(7).trimStart())]
          : [...Buffer.from(text)],
    };
    expect(fewestTokens(stripping, 'x'.repeat(100), Infinity)).toBe(0);
  });
});
