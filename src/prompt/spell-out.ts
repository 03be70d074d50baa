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
  if (!tokens.some(isMade)) return [...tokens];
  const spelled = new Set(tokens.filter(isMade));
  const wanted = new Set([...spelled].flatMap((tokenId) => Array.from(vocabulary.label(tokenId))));
  const ids = findPieces(vocabulary, wanted);
  return tokens.flatMap((tokenId) =>
    spelled.has(tokenId)
      ? Array.from(vocabulary.label(tokenId)).flatMap((character) => spell(character, ids))
      : [tokenId],
  );
}

/** Ids of the tokens that are one of the characters, or one byte, by their bytes as Latin-1. */
function findPieces(
  vocabulary: Vocabulary,
  characters: ReadonlySet<string>,
): ReadonlyMap<string, TokenId> {
  const wanted = new Set([...characters].map(toLatin1));
  const ids = new Map<string, TokenId>();
  for (let tokenId = 0; tokenId < vocabulary.size; tokenId++) {
    if (vocabulary.isControl(tokenId)) continue;
    const piece = Buffer.from(vocabulary.piece(tokenId)).toString('latin1');
    if ((piece.length === 1 || wanted.has(piece)) && !ids.has(piece)) ids.set(piece, tokenId);
  }
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
