import type { TokenId, Vocabulary } from '../spec/index.ts';
import { alikeBytes } from './automaton.ts';
import { controlMark, controlPiece } from './control-piece.ts';
import { isPlainText } from './plain-text.ts';
import { setBit } from './token-set.ts';
import { createTokenTrie, type SpelledToken, type TokenTrie } from './token-trie.ts';

/** The bytes of a vocabulary's tokens, one after the other. */
export interface TokenPieces {
  readonly bytes: Uint8Array;
  /** By token: where its bytes begin; they end where the next token's begin. */
  readonly firsts: Int32Array;
}

/** A vocabulary's tokens by their bytes. */
export interface TokenIndex {
  /** Tokens of the vocabulary. */
  readonly size: number;
  readonly endOfGeneration: readonly TokenId[];
  /** None of tokens that end the answer; control tokens have their spelling behind a mark. */
  readonly pieces: TokenPieces;
  /** Tokens of at most {@link alikeBytes} bytes. */
  readonly short: TokenTrie;
  /** The same tokens, parted. */
  readonly plain: PlainTokens;
  /** The other tokens: few, if any. */
  readonly long: TokenTrie;
  /** By byte: the first one from there on that is a token by itself; 256 if there is none. */
  readonly nextSpellable: Int16Array;
}

/** Short tokens, parted by whether they are plain text. */
export interface PlainTokens {
  /** Bits of those that are, and of those of at most {@link briefBytes} bytes among them. */
  readonly all: Uint32Array;
  readonly brief: Uint32Array;
  /** Those that are, and have more bytes. */
  readonly longer: TokenTrie;
  readonly others: TokenTrie;
}

/** Most plain tokens have no more bytes. */
export const briefBytes = 8;

export type TokenTries = Pick<TokenIndex, 'short' | 'plain' | 'long'>;

/** Reads the whole vocabulary at once: some 0.3 s for 128,000 tokens. */
export function createTokenIndex(vocabulary: Vocabulary): TokenIndex {
  const reading = readPieces(vocabulary, Infinity);
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return toTokenIndex(vocabulary, value, createTokenTries(value));
  }
}

/** Pauses after every `slice` tokens. */
export function* readPieces(
  vocabulary: Vocabulary,
  slice: number,
): Generator<undefined, TokenPieces> {
  const { size, special } = vocabulary;
  const endOfGeneration = new Set(special.endOfGeneration);
  const firsts = new Int32Array(size + 1);
  let bytes = new Uint8Array(8 * size);
  for (let tokenId = 0, length = 0; tokenId < size; tokenId++) {
    const piece = endOfGeneration.has(tokenId) ? noPiece : indexedPiece(vocabulary, tokenId);
    if (piece.length > 0) {
      if (length + piece.length > bytes.length) bytes = enlarge(bytes, length + piece.length);
      bytes.set(piece, length);
      length += piece.length;
    }
    firsts[tokenId + 1] = length;
    if ((tokenId + 1) % slice === 0) yield;
  }
  return { bytes: bytes.slice(0, firsts[size]), firsts };
}

const noPiece = new Uint8Array(0);

/** A token's bytes; of a control token its spelling behind a mark, which constraints that name it alone have. */
function indexedPiece(vocabulary: Vocabulary, tokenId: TokenId): Uint8Array {
  if (vocabulary.isControl(tokenId)) {
    const label = vocabulary.label(tokenId);
    return label === '' ? noPiece : controlPiece(label);
  }
  const piece = vocabulary.piece(tokenId);
  return piece.includes(controlMark) ? noPiece : piece; // no UTF-8, which it could only seem to be
}

function enlarge(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * length);
  larger.set(bytes);
  return larger;
}

export function createTokenTries(pieces: TokenPieces): TokenTries {
  const spelled = Array.from({ length: pieces.firsts.length - 1 }, (_, tokenId) => tokenId).flatMap(
    (tokenId) => {
      const bytes = pieceOf(pieces, tokenId);
      return bytes === undefined ? [] : { tokenId, bytes };
    },
  );
  const short = spelled.filter(({ bytes }) => bytes.length <= alikeBytes);
  return {
    short: createTokenTrie(short),
    plain: partPlain(short, Math.ceil((pieces.firsts.length - 1) / 32)),
    long: createTokenTrie(spelled.filter(({ bytes }) => bytes.length > alikeBytes)),
  };
}

/** @param words - Of 32 bits, one for each token. */
function partPlain(short: readonly SpelledToken[], words: number): PlainTokens {
  const plain = short.filter(({ bytes }) => isPlainText(bytes));
  const bitsOf = (tokens: readonly SpelledToken[]): Uint32Array => {
    const bits = new Uint32Array(words);
    for (const { tokenId } of tokens) setBit(bits, tokenId);
    return bits;
  };
  const known = new Set(plain);
  return {
    all: bitsOf(plain),
    brief: bitsOf(plain.filter((token) => !isLonger(token))),
    longer: createTokenTrie(plain.filter(isLonger)),
    others: createTokenTrie(short.filter((token) => !known.has(token))),
  };
}

function isLonger({ bytes }: SpelledToken): boolean {
  return bytes.length > briefBytes;
}

export function toTokenIndex(
  { size, special }: Vocabulary,
  pieces: TokenPieces,
  tries: TokenTries,
): TokenIndex {
  const { bytes, firsts } = pieces;
  const isSpellable = new Uint8Array(256);
  for (let tokenId = 0; tokenId < size; tokenId++) {
    if (firsts[tokenId]! + 1 === firsts[tokenId + 1]) isSpellable[bytes[firsts[tokenId]!]!] = 1;
  }
  const nextSpellable = new Int16Array(257).fill(256);
  for (let byte = 255; byte >= 0; byte--) {
    nextSpellable[byte] = isSpellable[byte] === 1 ? byte : nextSpellable[byte + 1]!;
  }
  const { endOfGeneration } = special;
  return { size, endOfGeneration, pieces, ...tries, nextSpellable };
}

/** A token's bytes; `undefined` for tokens that stand for no text, or end the answer, or are none. */
export function pieceOf({ bytes, firsts }: TokenPieces, tokenId: TokenId): Uint8Array | undefined {
  const [first, end] = [firsts[tokenId], firsts[tokenId + 1]];
  return first === undefined || end === undefined || first === end
    ? undefined
    : bytes.subarray(first, end);
}
