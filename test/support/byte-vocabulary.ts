import type { TokenId, Vocabulary } from '../../src/spec/index.ts';

/** Token ids of a {@link byteVocabulary} beside its 256 bytes. */
export const endToken: TokenId = 256;
export const controlToken: TokenId = 257;

/** A vocabulary of 256 bytes, an end-of-generation token, a control token, and `pieces` from id 258. */
export function byteVocabulary(pieces: readonly string[] = []): Vocabulary {
  const noBytes = new Uint8Array();
  const bytes = [
    ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
    noBytes,
    noBytes,
    ...pieces.map((piece) => new TextEncoder().encode(piece)),
  ];
  const labels = ['<|end|>', '<|user|>'];
  return {
    size: bytes.length,
    special: { bos: null, eos: endToken, endOfGeneration: [endToken], addBos: false },
    piece: (tokenId) => bytes[tokenId]!,
    label: (tokenId) => labels[tokenId - 256] ?? Buffer.from(bytes[tokenId]!).toString('latin1'),
    isControl: (tokenId) => tokenId === endToken || tokenId === controlToken,
    tokenize: (text) => bytesOf(text),
  };
}

/** The text as tokens of a {@link byteVocabulary}, one per byte. */
export function bytesOf(text: string): TokenId[] {
  return [...new TextEncoder().encode(text)];
}
