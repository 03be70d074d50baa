import type { CodePointRange } from './grammar.ts';

/** One range of values per byte, first byte first: all byte strings of these ranges. */
export type ByteSequence = readonly (readonly [from: number, to: number])[];

/** The last code points that one, two, three and four bytes spell. */
const lastOfLength = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/**
 * The UTF-8 spellings of a range of code points, without surrogates, as disjoint byte sequences.
 * @see R. Cox, "Regular Expression Matching in the Wild", 2010
 */
export function toByteSequences([from, to]: CodePointRange): ByteSequence[] {
  const sequences: ByteSequence[] = [];
  const pending: CodePointRange[] = [[from, to]];
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    const cut = firstCut(range);
    if (cut === undefined) {
      const [first, last] = [encode(range[0]), encode(range[1])];
      sequences.push(first.map((byte, i) => [byte, last[i]!]));
    } else {
      pending.push([cut, range[1]], [range[0], cut - 1]);
    }
  }
  return sequences;
}

/** Where a range must be cut for its spellings to be a product of byte ranges, or `undefined`. */
function firstCut([from, to]: CodePointRange): number | undefined {
  const boundary = lastOfLength.find((last) => from <= last && last < to);
  if (boundary !== undefined) return boundary + 1;
  if (to <= 0x7f) return undefined;
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = 2 ** bits - 1;
    if (from >>> bits === to >>> bits) continue;
    if ((from & mask) !== 0) return (from | mask) + 1;
    if ((to & mask) !== mask) return to & ~mask;
  }
  return undefined;
}

function encode(codePoint: number): number[] {
  if (codePoint <= 0x7f) return [codePoint];
  const length = codePoint <= 0x7ff ? 2 : codePoint <= 0xffff ? 3 : 4;
  const bytes: number[] = [];
  for (let shift = 6 * (length - 1); shift >= 0; shift -= 6) {
    bytes.push(0x80 | ((codePoint >>> shift) & 0x3f));
  }
  bytes[0]! |= (0xf00 >>> length) & 0xff;
  return bytes;
}
