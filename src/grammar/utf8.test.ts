import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { complement, toCodePointSet } from './code-points.ts';
import { toByteSequences } from './utf8.ts';

const codePoints = fc.oneof(
  fc.nat(0x10ffff),
  fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff),
);
const ranges = fc
  .tuple(codePoints, codePoints)
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

const isSurrogate = (codePoint: number): boolean => codePoint >= 0xd800 && codePoint <= 0xdfff;

it('spells the code points of a range and no others, each in one way', () => {
  fc.assert(
    fc.property(ranges, codePoints, (range, codePoint) => {
      fc.pre(!isSurrogate(codePoint));
      const bytes = [...new TextEncoder().encode(String.fromCodePoint(codePoint))];
      const spellings = toCodePointSet([range])
        .flatMap(toByteSequences)
        .filter(
          (sequence) =>
            sequence.length === bytes.length &&
            sequence.every(([from, to], i) => from <= bytes[i]! && bytes[i]! <= to),
        );
      const isInside = range[0] <= codePoint && codePoint <= range[1];
      expect(spellings.length).toBe(isInside ? 1 : 0);
    }),
    { numRuns: runs(2000) },
  );
});

it('complements sets of code points', () => {
  fc.assert(
    fc.property(fc.array(ranges, { maxLength: 5 }), codePoints, (sets, codePoint) => {
      const contains = (all: readonly (readonly [number, number])[]): boolean =>
        all.some(([from, to]) => from <= codePoint && codePoint <= to);
      const isInside = contains(sets) && !isSurrogate(codePoint);
      expect(contains(toCodePointSet(sets))).toBe(isInside);
      expect(contains(complement(sets))).toBe(!isInside && !isSurrogate(codePoint));
    }),
    { numRuns: runs(2000) },
  );
});
