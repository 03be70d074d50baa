import { InvalidOptionError } from '../spec/index.ts';
import type { TokenId, Vocabulary } from '../spec/index.ts';

/** An answer, or the beginning of one, as text. */
export interface TextCandidate {
  /** What its tokens spell; an unfinished UTF-8 character at the end is left out. */
  readonly text: string;
  /** Whether an end-of-generation token has ended it. */
  readonly isWhole: boolean;
  /** Its tokens, an end-of-generation token at the end not counted. */
  readonly tokenCount: number;
}

/** The text of the tokens accepted so far. */
export interface AnswerText {
  /** Tokens accepted. */
  readonly length: number;
  /** The answer with `continuation` at its end; nothing is accepted. */
  followedBy(continuation: readonly TokenId[]): TextCandidate;
  accept(tokens: readonly TokenId[]): void;
  /** Keeps the first `length` accepted tokens. @throws InvalidOptionError if there are fewer. */
  truncate(length: number): void;
}

/**
 * Reads tokens as text, for rewards that know nothing of tokens. Bytes of accepted tokens are kept and
 * decoded once, so that candidates cost their own bytes; bytes that are no UTF-8 become U+FFFD, as
 * `TextDecoder` has it. Control and end-of-generation tokens are no text.
 */
export function createAnswerText(vocabulary: Vocabulary): AnswerText {
  const endOfGeneration = new Set(vocabulary.special.endOfGeneration);
  const tokens: TokenId[] = [];
  /** `byteEnds[i]`: bytes of the first `i + 1` tokens. */
  const byteEnds: number[] = [];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let bytes = Buffer.alloc(1024);
  /** The text of the first `byteLength` bytes, which end with a whole character. */
  let settled = { text: '', byteLength: 0 };

  const pieceOf = (tokenId: TokenId): Uint8Array =>
    endOfGeneration.has(tokenId) ? noBytes : vocabulary.piece(tokenId);

  const append = (piece: Uint8Array): void => {
    const start = byteEnds.at(-1) ?? 0;
    const end = start + piece.length;
    if (end > bytes.length) bytes = Buffer.concat([bytes], 2 * end);
    bytes.set(piece, start);
    byteEnds.push(end);
  };

  const settle = (): void => {
    const accepted = bytes.subarray(settled.byteLength, byteEnds.at(-1) ?? 0);
    const length = startOfLastCharacter(accepted);
    settled = {
      text: settled.text + decoder.decode(accepted.subarray(0, length)),
      byteLength: settled.byteLength + length,
    };
  };

  return {
    get length() {
      return tokens.length;
    },
    followedBy(continuation) {
      settle();
      const unsettled = bytes.subarray(settled.byteLength, byteEnds.at(-1) ?? 0);
      const rest = Buffer.concat([unsettled, ...continuation.map(pieceOf)]);
      const last = continuation.at(-1) ?? tokens.at(-1);
      const isWhole = last !== undefined && endOfGeneration.has(last);
      return {
        text: settled.text + decodeWhole(rest),
        isWhole,
        tokenCount: tokens.length + continuation.length - (isWhole ? 1 : 0),
      };
    },
    accept(added) {
      for (const tokenId of added) {
        append(pieceOf(tokenId));
        tokens.push(tokenId);
      }
    },
    truncate(length) {
      if (!Number.isInteger(length) || length < 0 || length > tokens.length) {
        throw new InvalidOptionError(
          'length',
          `The answer cannot keep ${length} tokens: it has ${tokens.length}.`,
        );
      }
      tokens.length = length;
      byteEnds.length = length;
      // Also where all of it is kept: what follows a half character decides what becomes of it.
      if (settled.byteLength >= (byteEnds.at(-1) ?? 0)) settled = { text: '', byteLength: 0 };
    },
  };
}

const noBytes = new Uint8Array();

/** A character of UTF-8 has at most this many bytes. */
const longestCharacter = 4;

/**
 * Where the last character begins: a decoder may be started anew there, because only that character
 * can still be unfinished, and only a byte that is no continuation begins one.
 */
function startOfLastCharacter(bytes: Uint8Array): number {
  for (let back = 1; back < longestCharacter && back <= bytes.length; back++) {
    const isContinuation = (bytes[bytes.length - back]! & 0xc0) === 0x80;
    if (!isContinuation) return bytes.length - back;
  }
  return bytes.length;
}

/** The text of `bytes` without an unfinished character at their end. */
function decodeWhole(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}
