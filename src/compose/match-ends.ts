import type { TokenId, Vocabulary } from '../spec/index.ts';

/** What is compared of a vocabulary: a loaded model's, or what a header says of one. */
export type TokenList = Omit<Vocabulary, 'tokenize' | 'tokenizeLong'>;

/** An end token of the base, and those of another model that say the same and that the base lacks. */
export interface SharedEnd {
  readonly tokenId: TokenId;
  /** What the base's token has there, if anything, and the tokens that only the other model has. */
  readonly others: readonly TokenId[];
}

/** Which of the other's tokens stand for the base's, and the reverse; -1 is none. */
interface TokenMaps {
  readonly toOther: Int32Array;
  readonly toBase: Int32Array;
}

/**
 * Matches end tokens by what they say, where the vocabularies spell them differently:
 * - an end token of the base that the other lacks is the other's main one there;
 * - the other's end tokens that the base lacks are the base's main one. Together with what that one has
 *   there they are one event, "the text ends": its probability is their sum, so its logit their `logSumExp`.
 *
 * The main one is EOS, or else the first.
 */
export function matchEnds(
  base: TokenList,
  other: TokenList,
  { toOther, toBase }: TokenMaps,
): SharedEnd | null {
  const baseEnd = mainEnd(base);
  const otherEnd = mainEnd(other);
  if (baseEnd === undefined || otherEnd === undefined) return null;
  for (const tokenId of base.special.endOfGeneration) {
    if (toOther[tokenId] === -1) toOther[tokenId] = otherEnd;
  }
  const own = toOther[baseEnd]!;
  const added: TokenId[] = [];
  for (const tokenId of other.special.endOfGeneration) {
    if (toBase[tokenId] !== -1) continue;
    toBase[tokenId] = baseEnd;
    if (tokenId !== own) added.push(tokenId);
  }
  return added.length === 0 ? null : { tokenId: baseEnd, others: [own, ...added] };
}

/** What is to be said of end tokens that are spelled differently; empty where there are none. */
export function reportEnds(
  base: TokenList,
  other: TokenList,
  { toOther, toBase }: TokenMaps,
): string {
  const pairs = [
    ...base.special.endOfGeneration.map((tokenId) => [tokenId, toOther[tokenId]!] as const),
    ...other.special.endOfGeneration.map((tokenId) => [toBase[tokenId]!, tokenId] as const),
  ];
  const told = pairs
    .filter(([b, o]) => b !== -1 && o !== -1 && base.label(b) !== other.label(o))
    .map(([b, o]) => `${quote(other, o)} counts as ${quote(base, b)}`);
  const lost = other.special.endOfGeneration.filter((tokenId) => toBase[tokenId] === -1);
  return [
    ...new Set(told),
    ...lost.map((tokenId) => `${quote(other, tokenId)} counts as nothing, for the base has no end`),
  ].join(', ');
}

/** The token with which a vocabulary ends a text: its EOS, if that is an end of generation. */
export function mainEnd({ special: { eos, endOfGeneration } }: TokenList): TokenId | undefined {
  return eos !== null && endOfGeneration.includes(eos) ? eos : endOfGeneration[0];
}

function quote(vocabulary: TokenList, tokenId: TokenId): string {
  return JSON.stringify(vocabulary.label(tokenId));
}
