import { describe, expect, it } from 'vitest';

import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { spellToken, withText } from './token-texts.ts';

const pieces = ['a', 'é', '\uFEFF', '\uFFFD'].map((piece) => Buffer.from(piece));
const halves = [[0xc3], [0xa9], [0x61, 0xc3], [0xff]].map((bytes) => Uint8Array.from(bytes));
const vocabulary = pieceVocabulary([...pieces, ...halves]);

describe('a token for people', () => {
  it.each([
    [0, { text: 'a' }],
    [1, { text: 'é' }],
    [2, { text: '\uFEFF' }],
    // U+FFFD itself is text like any other.
    [3, { text: '\uFFFD' }],
    [4, { text: '\uFFFD', bytes: [0xc3] }],
    [5, { text: '\uFFFD', bytes: [0xa9] }],
    [6, { text: 'a\uFFFD', bytes: [0x61, 0xc3] }],
    [7, { text: '\uFFFD', bytes: [0xff] }],
  ])('%d has its bytes where the text is not them', (tokenId, expected) => {
    expect(spellToken(vocabulary, tokenId)).toEqual(expected);
  });

  it('is spelled by its label, without bytes, where it stands for no text', () => {
    expect(spellToken(vocabulary, vocabulary.special.eos!)).toEqual({ text: '<|end|>', bytes: [] });
  });

  it('keeps its log-prob', () => {
    expect(withText(vocabulary, { tokenId: 1, logprob: -2 })).toEqual({
      tokenId: 1,
      text: 'é',
      logprob: -2,
    });
  });
});
