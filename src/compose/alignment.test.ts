import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { type TokenId, type Vocabulary, VocabularyMismatchError } from '../spec/index.ts';
import {
  alignVocabularies,
  type MappedVocabularies,
  mapTokens,
  mapTokensToBase,
  maxExtraTokens,
} from './alignment.ts';

interface Token {
  readonly label: string;
  readonly text: string;
  readonly isControl: boolean;
}

const word = (label: string): Token => ({ label, text: label, isControl: false });
const control = (label: string): Token => ({ label, text: '', isControl: true });
const words = (count: number, prefix = 'w'): Token[] =>
  Array.from({ length: count }, (_, i) => word(`${prefix}${i}`));

function vocabulary(tokens: readonly Token[]): Vocabulary {
  const pieces = tokens.map(({ text }) => Buffer.from(text));
  return {
    size: tokens.length,
    special: { bos: null, eos: null, endOfGeneration: [], addBos: false },
    piece: (tokenId) => pieces[tokenId]!,
    label: (tokenId) => tokens[tokenId]!.label,
    isControl: (tokenId) => tokens[tokenId]!.isControl,
    tokenize: () => [],
  };
}

function mapped(base: readonly Token[], other: readonly Token[]): MappedVocabularies {
  const alignment = alignVocabularies(vocabulary(base), vocabulary(other));
  if (alignment.kind === 'mapped') return alignment;
  throw new Error('They are equal.');
}

function mismatch(base: readonly Token[], other: readonly Token[]): string {
  try {
    alignVocabularies(vocabulary(base), vocabulary(other), { base: 'large', other: 'small' });
  } catch (error) {
    if (error instanceof VocabularyMismatchError) return error.message;
    throw error;
  }
  throw new Error('They align.');
}

describe('alignVocabularies', () => {
  it('knows equal vocabularies', () => {
    const tokens = [control('<s>'), ...words(5)];
    const alignment = alignVocabularies(vocabulary(tokens), vocabulary([...tokens]));
    expect(alignment).toMatchObject({ kind: 'equal', baseSize: 6, otherSize: 6, lacking: [] });
    expect(mapTokens(alignment, [3, 1])).toEqual([3, 1]);
    expect(mapTokensToBase(alignment, [3, 1])).toEqual([3, 1]);
  });

  it('reads no token of a vocabulary beside itself', () => {
    const own = vocabulary(words(5));
    const label = vi.spyOn(own, 'label');
    expect(alignVocabularies(own, own)).toMatchObject({ kind: 'equal', baseSize: 5, otherSize: 5 });
    expect(label).not.toHaveBeenCalled();
  });

  it('lets the base have padding that the other lacks, and the reverse', () => {
    const pads = ['[PAD5]', '<unused12>', '<|reserved_special_token_7|>', '<extra_id_3>'].map(word);
    const silent = { label: 'nothing', text: '', isControl: false };
    const spelt = { label: '<|im_end|>', text: '<|im_end|>', isControl: true };
    const more = [...words(5), ...pads, silent, spelt];
    const alignment = mapped(more, words(5));
    expect(alignment.lacking).toEqual([5, 6, 7, 8, 9, 10]);
    expect([...alignment.toOther]).toEqual([0, 1, 2, 3, 4, -1, -1, -1, -1, -1, -1]);
    expect(alignment.identicalPrefix).toBe(5);
    expect(alignment.report).toContain('the 6 it lacks never appear in text');
    expect(() => mapTokens(alignment, [1, 10])).toThrow('Token 10 of the base');
    expect(() => mapTokens(alignment, [11])).toThrow(VocabularyMismatchError);

    const reverse = mapped(words(5), more);
    expect(reverse.lacking).toEqual([]);
    expect([...reverse.toBase]).toEqual([0, 1, 2, 3, 4, -1, -1, -1, -1, -1, -1]);
    expect(mapTokensToBase(reverse, [10, 2, 99])).toEqual([2]);
  });

  it('finds a permutation', () => {
    const tokens = words(40);
    const order = fc.shuffledSubarray(
      tokens.map((_, i) => i),
      { minLength: 40 },
    );
    fc.assert(
      fc.property(order, (ids) => {
        fc.pre(ids.some((id, i) => id !== i));
        const alignment = mapped(
          tokens,
          ids.map((id) => tokens[id]!),
        );
        const all: TokenId[] = ids.map((_, i) => i);
        expect(alignment.lacking).toEqual([]);
        expect(mapTokensToBase(alignment, all)).toEqual(ids);
        expect(mapTokensToBase(alignment, mapTokens(alignment, all))).toEqual(all);
      }),
    );
  });

  it('pairs equal tokens in order, those with the same id first', () => {
    const same = word('x');
    const alignment = mapped(
      [word('a'), same, word('b'), same],
      [same, same, word('a'), word('b')],
    );
    expect([...alignment.toOther]).toEqual([2, 1, 3, 0]);
    const moved = mapped([word('a'), same, same], [same, word('a'), word('<b>'), same]);
    expect([...moved.toOther]).toEqual([1, 0, 3]);
  });

  it('knows a marker that only one file flags as control', () => {
    const alignment = mapped(
      [...words(3), word('<tool_call>')],
      [...words(3), control('<tool_call>')],
    );
    expect([...alignment.toOther]).toEqual([0, 1, 2, 3]);
    expect(mismatch([word('a'), word('b')], [word('a'), control('b')])).toContain('token 1, "b"');
  });

  it('lets a tuned model have markers of its own, but no other vocabulary', () => {
    const base = [...words(9), control('<|box_start|>')];
    const tuned = [...words(9), word('<think>'), word('</think>')];
    const alignment = mapped(base, tuned);
    expect(alignment.lacking).toEqual([9]);
    expect(alignment.report).toContain('2 that only it has cannot be generated');
    expect(mapped(base, [...base, ...words(maxExtraTokens, 'x')]).lacking).toEqual([]);
    expect(mismatch(base, [...base, ...words(maxExtraTokens + 1, 'x')])).toBe(
      'small (75 tokens) and large (10 tokens) have different tokenizers: 65 tokens of small do not ' +
        'exist in large, first token 10, "x0" (it has no token with that id). Use models of one ' +
        "family: all must share the base's tokenizer.",
    );
  });

  it('names the first token of another tokenizer', () => {
    const message = mismatch([...words(3), word('cat'), word('dog')], [...words(3), word('dög')]);
    expect(message).toContain('large (5 tokens) and small (4 tokens)');
    expect(message).toContain('2 tokens of large do not exist in small, first token 3, "cat"');
    expect(message).toContain('there it is "dög"');
  });

  it('compares bytes, not only spelling', () => {
    const other = { label: 'w1', text: 'v1', isControl: false };
    expect(mismatch(words(2), [word('w0'), other])).toContain('token 1, "w1"');
  });

  it('says tokens as people read them, not in the alphabet of a file', () => {
    const base = [...words(2), { label: 'Ġthe', text: ' the', isControl: false }];
    const half = { label: 'æĹ', text: '\u0000', isControl: false };
    expect(mismatch(base, [...words(2), { ...base[2]!, label: '▁the' }])).toContain(
      '" the", spelled "Ġthe" (there it is " the", spelled "▁the")',
    );
    const other = vocabulary([...words(2), half]);
    const piece = (tokenId: TokenId) =>
      tokenId === 2 ? Uint8Array.of(0xe6, 0x97) : other.piece(tokenId);
    expect(() => alignVocabularies(vocabulary(base), { ...other, piece })).toThrow(
      'there it is the bytes e697, spelled "æĹ"',
    );
  });

  describe('matches ends', () => {
    const ending = (tokens: readonly Token[], ends: readonly TokenId[], eos = ends[0] ?? null) => ({
      ...vocabulary(tokens),
      special: { bos: null, eos, endOfGeneration: ends, addBos: false },
    });
    const align = (base: Vocabulary, other: Vocabulary): MappedVocabularies => {
      const alignment = alignVocabularies(base, other);
      if (alignment.kind === 'mapped') return alignment;
      throw new Error('They are equal.');
    };
    const [stop, im, eot] = [control('</s>'), control('<|im_end|>'), control('<|eot|>')];

    it('that are spelled differently', () => {
      const alignment = align(ending([...words(2), stop], [2]), ending([im, ...words(2)], [0]));
      expect([...alignment.toOther]).toEqual([1, 2, 0]);
      expect(alignment).toMatchObject({ sharedEnd: null, lacking: [] });
      expect(mapTokensToBase(alignment, [0])).toEqual([2]);
      expect(mapTokens(alignment, [2])).toEqual([0]);
      expect(alignment.report).toContain('of its end tokens, "<|im_end|>" counts as "</s>"');
    });

    it('that only the other has, beside one of both', () => {
      const alignment = align(
        ending([...words(2), stop], [2]),
        ending([...words(2), stop, im], [2, 3], 3),
      );
      expect([...alignment.toOther]).toEqual([0, 1, 2]);
      expect(alignment.sharedEnd).toEqual({ tokenId: 2, others: [2, 3] });
      expect(mapTokensToBase(alignment, [2, 3])).toEqual([2, 2]);
      expect(alignment.report).toContain('"<|im_end|>" counts as "</s>"');
    });

    it('that only the base has', () => {
      const alignment = align(
        ending([...words(2), stop, eot], [2, 3]),
        ending([...words(2), stop], [2]),
      );
      expect([...alignment.toOther]).toEqual([0, 1, 2, 2]);
      expect(alignment).toMatchObject({ sharedEnd: null, lacking: [] });
      expect(alignment.report).toContain('"</s>" counts as "<|eot|>"');
    });

    it('but not where the base has none, and says so', () => {
      const alignment = align(ending(words(2), []), ending([...words(2), im], [2]));
      expect(mapTokensToBase(alignment, [2])).toEqual([]);
      expect(alignment.report).toContain('"<|im_end|>" counts as nothing');
    });
  });

  it('takes vocabularies of one label', () => {
    const same = Array.from({ length: 20_000 }, () => word('x'));
    const flagged = same.map((token) => ({ ...token, isControl: true }));
    expect(mismatch(same, flagged)).toContain('20000 tokens of large');
    expect(mapped([word('y'), ...same], [...same, word('y')]).lacking).toEqual([]);
  });

  it('takes large vocabularies', { tags: ['slow'] }, () => {
    const base = [...words(150_000), ...Array.from({ length: 2064 }, (_, i) => word(`[PAD${i}]`))];
    const alignment = mapped(base, words(150_000).toReversed());
    expect(alignment.lacking).toHaveLength(2064);
    expect(alignment.toOther[0]).toBe(149_999);
  });
});
