import type { TokenId, Vocabulary } from '../spec/index.ts';

/**
 * The tokens of `text` without the control tokens that a tokenizer made by merging what the text spells:
 * instead of each stand the characters of its spelling.
 */
export function withoutControls(
  vocabulary: Vocabulary,
  tokens: readonly TokenId[],
  text: string,
): TokenId[] {
  // What a text does not spell stands for a character that the vocabulary lacks.
  const isMade = (tokenId: TokenId): boolean =>
    vocabulary.isControl(tokenId) && text.includes(vocabulary.label(tokenId));
  const spelled = new Set([...new Set(tokens)].filter(isMade));
  if (spelled.size === 0) return [...tokens];
  const ids = shortPieces(vocabulary);
  return tokens.flatMap((tokenId) =>
    spelled.has(tokenId)
      ? Array.from(vocabulary.label(tokenId)).flatMap((character) => spell(character, ids))
      : [tokenId],
  );
}

/** Of the longest character. */
const mostBytes = 4;

const known = new WeakMap<Vocabulary, ReadonlyMap<string, TokenId>>();

/** Ids of the tokens that may be one character or one byte, by their bytes as Latin-1. */
function shortPieces(vocabulary: Vocabulary): ReadonlyMap<string, TokenId> {
  const found = known.get(vocabulary);
  if (found !== undefined) return found;
  const ids = new Map<string, TokenId>();
  for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
    if (vocabulary.isControl(tokenId)) continue;
    const piece = vocabulary.piece(tokenId);
    if (piece.length > mostBytes) continue;
    const key = Buffer.from(piece).toString('latin1');
    if (!ids.has(key)) ids.set(key, tokenId);
  }
  known.set(vocabulary, ids);
  return ids;
}

/** A character as one token, or as those of its bytes. */
function spell(character: string, ids: ReadonlyMap<string, TokenId>): TokenId[] {
  const bytes = toLatin1(character);
  const whole = ids.get(bytes);
  if (whole !== undefined) return [whole];
  return Array.from(bytes).flatMap((byte) => ids.get(byte) ?? []);
}

function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
