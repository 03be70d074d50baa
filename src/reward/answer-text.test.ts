import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import {
  bytesOf,
  byteVocabulary,
  controlToken,
  endToken,
} from '../../test/support/byte-vocabulary.ts';
import { InvalidOptionError } from '../spec/index.ts';
import type { TokenId } from '../spec/index.ts';
import { createAnswerText } from './answer-text.ts';

const pieces = ['über', ' 北京', '🙂', '\uFEFFmark', ''];
const vocabulary = byteVocabulary(pieces);

/** The bytes of all tokens in one, decoded in one. */
function reference(tokens: readonly TokenId[]): string {
  const bytes = Buffer.concat(tokens.map((tokenId) => vocabulary.piece(tokenId)));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}

const token = fc.oneof(
  fc.nat(vocabulary.size - 1),
  fc.constantFrom(0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x99, 0x82, 0x80, 0xbf, 0x41),
);
const tokens = fc.array(token, { maxLength: 12 });

describe('the text of an answer', () => {
  it('is that of its bytes, however they came, after any going back', () => {
    const steps = fc.array(fc.tuple(fc.nat(), tokens), { maxLength: 8 });
    fc.assert(
      fc.property(steps, tokens, (given, continuation) => {
        const text = createAnswerText(vocabulary);
        let accepted: TokenId[] = [];
        for (const [kept, added] of given) {
          const length = kept % (accepted.length + 1);
          text.truncate(length);
          text.accept(added);
          accepted = [...accepted.slice(0, length), ...added];
          expect(text.length).toBe(accepted.length);
          expect(text.followedBy(continuation).text).toBe(
            reference([...accepted, ...continuation]),
          );
          expect(text.followedBy([]).text).toBe(reference(accepted));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('leaves out an unfinished character until it is whole', () => {
    const [first, second, third] = bytesOf('€');
    const text = createAnswerText(vocabulary);
    text.accept([65, first!]);
    expect(text.followedBy([]).text).toBe('A');
    expect(text.followedBy([second!]).text).toBe('A');
    expect(text.followedBy([second!, third!]).text).toBe('A€');
    expect(text.followedBy([66]).text).toBe('A\uFFFDB');
  });

  it('is whole with an end-of-generation token, which is no text and is not counted', () => {
    const text = createAnswerText(vocabulary);
    text.accept([...bytesOf('so'), controlToken]);
    expect(text.followedBy([])).toEqual({ text: 'so', isWhole: false, tokenCount: 3 });
    expect(text.followedBy([46, endToken])).toEqual({ text: 'so.', isWhole: true, tokenCount: 4 });
    text.accept([endToken]);
    expect(text.followedBy([])).toEqual({ text: 'so', isWhole: true, tokenCount: 3 });
    text.truncate(3);
    expect(text.followedBy([]).isWhole).toBe(false);
  });

  it('keeps long answers', () => {
    const text = createAnswerText(vocabulary);
    const long = 'Ein Schiff wird kommen – '.repeat(500);
    for (const byte of bytesOf(long)) text.accept([byte]);
    expect(text.followedBy([258]).text).toBe(`${long}über`);
  });

  it('does not keep more than there is', () => {
    const text = createAnswerText(vocabulary);
    text.accept([65]);
    for (const length of [2, -1, 0.5, Number.NaN]) {
      expect(() => text.truncate(length)).toThrow(InvalidOptionError);
    }
  });
});
