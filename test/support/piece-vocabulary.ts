import type { TokenId, Vocabulary } from '../../src/spec/index.ts';

/**
 * A vocabulary of the given pieces, in their order, and an end-of-generation and a control token behind
 * them. Texts are cut into the longest pieces from the left.
 */
export function pieceVocabulary(pieces: readonly Uint8Array[]): Vocabulary {
  const spellings = pieces.map((piece) => Buffer.from(piece).toString('latin1'));
  const ids = new Map(spellings.map((spelling, tokenId) => [spelling, tokenId]));
  const longest = pieces.reduce((most, { length }) => Math.max(most, length), 0);
  const end = pieces.length;
  const control = end + 1;

  const cut = (text: string): TokenId[] => {
    const spelled = Buffer.from(text).toString('latin1');
    const tokens: TokenId[] = [];
    for (let at = 0; at < spelled.length;) {
      let length = Math.min(longest, spelled.length - at);
      while (length > 1 && !ids.has(spelled.slice(at, at + length))) length--;
      const tokenId = ids.get(spelled.slice(at, at + length));
      tokens.push(tokenId ?? control); // as other tokenizers say "unknown"
      at += length;
    }
    return tokens;
  };

  return {
    size: pieces.length + 2,
    special: { bos: null, eos: end, endOfGeneration: [end], addBos: false },
    // A control token may well have bytes: they are not text.
    piece: (tokenId) => pieces[tokenId] ?? Buffer.from(tokenId === end ? '' : '<|control|>'),
    label: (tokenId) => spellings[tokenId] ?? (tokenId === end ? '<|end|>' : '<|control|>'),
    isControl: (tokenId) => tokenId >= end,
    tokenize: cut,
  };
}

export const everyByte: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) =>
  Uint8Array.of(byte),
);

/** The tokens of a mask. */
export function tokensOf(bits: Uint32Array): TokenId[] {
  const tokens: TokenId[] = [];
  for (const [word, value] of bits.entries()) {
    for (let bit = 0; bit < 32; bit++)
      if (((value >>> bit) & 1) === 1) tokens.push(word * 32 + bit);
  }
  return tokens;
}
