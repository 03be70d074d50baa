import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { countCodePoints, TextOffsets } from './text-offsets.ts';

/** Cuts bytes into pieces of these lengths, 0 among them. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = i < lengths.length ? lengths[i]! : 3;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const lengths = fc.array(fc.nat({ max: 5 }), { maxLength: 20 });
const text = fc.string({
  unit: fc.constantFrom('a', 'é', '日', '😀', '\u0301', '\uFFFD', '\uFEFF'),
});
const bytes = fc.array(
  fc.constantFrom(0x61, 0x80, 0xbd, 0xbf, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x9f),
);

const count = (given: Uint8Array, stream: boolean) =>
  countCodePoints(new TextDecoder('utf-8', { ignoreBOM: true }).decode(given, { stream }));

describe('TextOffsets', () => {
  it('tells where the character begins that a piece goes on with', () => {
    fc.assert(
      fc.property(text, lengths, fc.nat({ max: 9 }), (given, sizes, start) => {
        const all = Buffer.from(given);
        const offsets = new TextOffsets(start);
        let at = 0;
        for (const piece of cut(all, sizes)) {
          const begun = [...all.subarray(0, at + 1)].filter(
            (byte) => (byte & 0xc0) !== 0x80,
          ).length;
          const offset = offsets.next(piece);
          const isEmpty = piece.length === 0;
          expect(isEmpty || offset === start + begun - 1).toBe(true);
          at += piece.length;
        }
      }),
    );
  });

  it('counts what is no UTF-8 as it is decoded', () => {
    fc.assert(
      fc.property(bytes, lengths, (given, sizes) => {
        const all = Uint8Array.from(given);
        const offsets = new TextOffsets(0);
        let at = 0;
        for (const piece of cut(all, sizes)) {
          const complete = count(all.subarray(0, at), true);
          const flushed = count(all.subarray(0, at), false);
          const joins = complete < flushed && count(all.subarray(0, at + 1), false) === flushed;
          const offset = offsets.next(piece);
          const isEmpty = piece.length === 0;
          expect(isEmpty || offset === (joins ? complete : flushed)).toBe(true);
          at += piece.length;
        }
      }),
    );
  });
});
