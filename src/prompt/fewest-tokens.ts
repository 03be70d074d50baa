import type { Vocabulary } from '../spec/index.ts';

/** What the pieces of a vocabulary say about how few of them can spell a text. */
interface PieceFacts {
  /** By two bytes: whether any piece has them side by side. */
  readonly pairs: Uint8Array;
  /** By byte: its least share of a token, one by the length of the longest piece that has it; 0: no piece has. */
  readonly shares: Float64Array;
}

const facts = new WeakMap<Vocabulary, PieceFacts | null>();

/**
 * A bound that the tokens of a text never go below, in one pass over its bytes and without the tokenizer.
 * Two bytes that no piece has side by side belong to two tokens: in prose that alone counts most of them.
 * Between such places, a token covers at most as many bytes as the longest piece with one of its bytes.
 * @param enough - Counting ends above it.
 * @returns At least 0; 0 for tokenizers that change the text.
 */
export function fewestTokens(vocabulary: Vocabulary, text: string, enough: number): number {
  const known = factsOf(vocabulary);
  if (known === null) return 0;
  const { pairs, shares } = known;
  let tokens = 0;
  let share = 0;
  let previous = -1;
  for (const byte of bytesOf(text)) {
    const own = shares[byte]!;
    if (previous !== -1 && (own === 0 || pairs[previous * 256 + byte] === 0)) {
      tokens += wholeTokens(share);
      share = 0;
      if (tokens > enough) return tokens;
    }
    share += own;
    if (share > enough) return tokens + wholeTokens(share);
    previous = byte;
  }
  return tokens + wholeTokens(share);
}

/** Sums of shares are rounded. */
function wholeTokens(share: number): number {
  return Math.ceil(share - 1e-6);
}

function factsOf(vocabulary: Vocabulary): PieceFacts | null {
  let known = facts.get(vocabulary);
  if (known === undefined) {
    known = keepsText(vocabulary) ? readPieces(vocabulary) : null;
    facts.set(vocabulary, known);
  }
  return known;
}

/** Text of many kinds, which a tokenizer that drops or rewrites anything would not give back. */
const sample = 'q Zx\r\n\n  7~é\t中\u{1f600} \u0000ﬁ';

function keepsText(vocabulary: Vocabulary): boolean {
  const options = { addSpecial: false, parseSpecial: true };
  const spelled = vocabulary.tokenize(sample, options).map((tokenId) => vocabulary.piece(tokenId));
  const text = asBlank(Buffer.concat(spelled)).toString();
  if (text !== sample && text !== ` ${sample}`) return false;
  // Some control tokens swallow the white space behind them.
  const { endOfGeneration } = vocabulary.special;
  return endOfGeneration.every(
    (tokenId) => vocabulary.tokenize(`${vocabulary.label(tokenId)}\n \n`, options).length !== 1,
  );
}

function readPieces(vocabulary: Vocabulary): PieceFacts {
  const pairs = new Uint8Array(256 * 256);
  const longest = new Uint32Array(256);
  for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
    const isControl = vocabulary.isControl(tokenId);
    const piece = asBlank(
      isControl ? Buffer.from(vocabulary.label(tokenId)) : vocabulary.piece(tokenId),
    );
    for (const [i, byte] of piece.entries()) {
      if (i > 0) pairs[piece[i - 1]! * 256 + byte] = 1;
      longest[byte] = Math.max(longest[byte]!, piece.length);
    }
  }
  return { pairs, shares: Float64Array.from(longest, (length) => (length === 0 ? 0 : 1 / length)) };
}

const lowerBlock = Buffer.from('\u2581');

/** Many tokenizers write a blank as U+2581 and read both alike. */
function asBlank(bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.includes(lowerBlock)) return buffer;
  return Buffer.from(
    buffer.toString('latin1').replaceAll(lowerBlock.toString('latin1'), ' '),
    'latin1',
  );
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text.replaceAll('\u2581', ' '));
}
