import { matchEnds, reportEnds, type SharedEnd, type TokenList } from './match-ends.ts';
import { VocabularyMismatchError, type TokenId } from '../spec/index.ts';

/** How a model's vocabulary relates to the base's, whose ids all others are brought into. */
export type VocabularyAlignment = EqualVocabularies | MappedVocabularies;

/** Every token is the same under the same id. */
export interface EqualVocabularies {
  readonly kind: 'equal';
  readonly baseSize: number;
  readonly otherSize: number;
  readonly lacking: readonly [];
  /** One sentence for a person. */
  readonly report: string;
}

/** The same tokens but for padding, added markers or their order. */
export interface MappedVocabularies {
  readonly kind: 'mapped';
  readonly baseSize: number;
  readonly otherSize: number;
  /** Other's id of each of the base's tokens, or -1: shape `[baseSize]`. */
  readonly toOther: Int32Array;
  /** Base's id of each of the other's tokens, or -1: shape `[otherSize]`. */
  readonly toBase: Int32Array;
  /** The base's end token that several of the other's stand for; `null`: none does. */
  readonly sharedEnd: SharedEnd | null;
  /** The first tokens that have the same id in both. */
  readonly identicalPrefix: number;
  /** The base's tokens that the other lacks, ascending: none of them appears in text. */
  readonly lacking: readonly TokenId[];
  readonly report: string;
}

/** What messages call the two vocabularies. */
export interface VocabularyNames {
  readonly base: string;
  readonly other: string;
}

/**
 * Tokens that may appear in text which the other model may have beyond the base's: markers of a
 * tuned model such as `<think>`. The base never produces them, so the composition cannot either.
 */
export const maxExtraTokens = 64;

/** Labels of tokens that stand for no text of their own, whatever their flag. */
const markerPattern = /^(?:<.+>|\[.+\])$/s;

/** Labels of places that a vocabulary keeps free. */
const placeholderPattern =
  /^(?:\[(?:PAD|unused)_?\d*\]|<(?:pad|unused|extra_id|extra|reserved)[\w-]*>|<\|(?:pad|unused|extra|reserved)[\w-]*\|>)$/i;

/**
 * Compares two vocabularies token by token: label, bytes and control flag.
 * - All the same under the same ids: `equal`.
 * - Otherwise tokens are matched by content, and the result is `mapped` if every token of the base
 *   that can appear in text exists in the other, and at most `maxExtraTokens` such tokens of
 *   the other do not exist in the base. A token never appears in text if it is a control token, has
 *   no bytes, or is a placeholder (`[PAD7]`, `<unused7>`, `<|reserved_special_token_7|>`,
 *   `<extra_id_7>`). A marker that only one file flags as control is the same token.
 * - End tokens that have no counterpart are matched by what they say: see `matchEnds`.
 * - Anything else is another tokenizer.
 * @throws VocabularyMismatchError naming the first differing token.
 */
export function alignVocabularies(
  base: TokenList,
  other: TokenList,
  names: VocabularyNames = { base: 'the base', other: 'the other model' },
): VocabularyAlignment {
  const identicalPrefix = countIdenticalPrefix(base, other);
  const sizes = { baseSize: base.size, otherSize: other.size };
  if (identicalPrefix === base.size && identicalPrefix === other.size) {
    const report = `${names.other} has the same ${base.size} tokens as ${names.base}.`;
    return { kind: 'equal', ...sizes, lacking: [], report };
  }
  const { toOther, toBase } = matchTokens(base, other, identicalPrefix);
  const sharedEnd = matchEnds(base, other, { toOther, toBase });
  const lacking = missing(toOther);
  const lackingText = lacking.filter((tokenId) => canAppearInText(base, tokenId));
  if (lackingText.length > 0) {
    throw mismatch(base, other, names, lackingText[0]!, lackingText.length);
  }
  const extra = missing(toBase).filter((tokenId) => canAppearInText(other, tokenId));
  if (extra.length > maxExtraTokens) {
    const swapped = { base: names.other, other: names.base };
    throw mismatch(other, base, swapped, extra[0]!, extra.length);
  }
  const ends = reportEnds(base, other, { toOther, toBase });
  const report = reportMapping(toOther, lacking.length, extra.length, ends, names);
  return { kind: 'mapped', ...sizes, toOther, toBase, sharedEnd, identicalPrefix, lacking, report };
}

/** The base's token ids as the other's. @throws VocabularyMismatchError for a token that it lacks. */
export function mapTokens(alignment: VocabularyAlignment, tokens: readonly TokenId[]): TokenId[] {
  if (alignment.kind === 'equal') return [...tokens];
  return tokens.map((tokenId) => {
    const mapped = alignment.toOther[tokenId] ?? -1;
    if (mapped !== -1) return mapped;
    throw new VocabularyMismatchError(
      `Token ${tokenId} of the base does not exist in the other model, so it cannot be fed to it. ` +
        `It never appears in text: ban it with a logit bias of -100.`,
    );
  });
}

/** Those of the other's token ids that the base has, as the base's. */
export function mapTokensToBase(
  alignment: VocabularyAlignment,
  tokens: readonly TokenId[],
): TokenId[] {
  if (alignment.kind === 'equal') return [...tokens];
  return tokens
    .map((tokenId) => alignment.toBase[tokenId] ?? -1)
    .filter((tokenId) => tokenId !== -1);
}

function countIdenticalPrefix(base: TokenList, other: TokenList): number {
  if (base === other) return base.size; // a model's own: 150,000 tokens need not be read
  const size = Math.min(base.size, other.size);
  let i = 0;
  while (i < size && isSameToken(base, i, other, i)) i++;
  return i;
}

/** Matches what has the same content, at the same id first; the rest in order of ids. */
function matchTokens(
  base: TokenList,
  other: TokenList,
  identicalPrefix: number,
): { toOther: Int32Array; toBase: Int32Array } {
  const toOther = new Int32Array(base.size).fill(-1);
  const toBase = new Int32Array(other.size).fill(-1);
  const match = (b: TokenId, o: TokenId): void => {
    toOther[b] = o;
    toBase[o] = b;
  };
  const shared = Math.min(base.size, other.size);
  for (let i = 0; i < shared; i++) {
    if (i < identicalPrefix || isSameToken(base, i, other, i)) match(i, i);
  }
  matchByKey(contentKey, isSameToken);
  matchByKey(markerKey, isSameMarker);
  return { toOther, toBase };

  /** A token is compared with one candidate only, so that no vocabulary takes quadratic time. */
  function matchByKey(keyOf: KeyOf, isMatch: typeof isSameToken): void {
    const free = new Map<string, TokenId[]>();
    for (const o of missing(toBase).toReversed()) {
      const key = keyOf(other, o);
      const same = free.get(key);
      if (same === undefined) free.set(key, [o]);
      else same.push(o);
    }
    for (const b of missing(toOther)) {
      const candidates = free.get(keyOf(base, b));
      const o = candidates?.at(-1);
      if (o === undefined || !isMatch(base, b, other, o)) continue;
      candidates!.pop();
      match(b, o);
    }
  }
}

function isSameMarker(base: TokenList, b: TokenId, other: TokenList, o: TokenId): boolean {
  return markerPattern.test(base.label(b)) && base.label(b) === other.label(o);
}

type KeyOf = (vocabulary: TokenList, tokenId: TokenId) => string;

/** Tells tokens apart as {@link isSameToken} does, within one family of tokenizers. */
function contentKey(vocabulary: TokenList, tokenId: TokenId): string {
  const flag = vocabulary.isControl(tokenId) ? 'c' : 't';
  return `${flag}${vocabulary.piece(tokenId).length} ${vocabulary.label(tokenId)}`;
}

/** The label of `<|im_end|>` and its like, which need only their spelling; one of its own for others. */
function markerKey(vocabulary: TokenList, tokenId: TokenId): string {
  const label = vocabulary.label(tokenId);
  return markerPattern.test(label) ? label : contentKey(vocabulary, tokenId);
}

function isSameToken(base: TokenList, b: TokenId, other: TokenList, o: TokenId): boolean {
  return (
    base.label(b) === other.label(o) &&
    base.isControl(b) === other.isControl(o) &&
    areSameBytes(base.piece(b), other.piece(o))
  );
}

function areSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function canAppearInText(vocabulary: TokenList, tokenId: TokenId): boolean {
  return (
    !vocabulary.isControl(tokenId) &&
    vocabulary.piece(tokenId).length > 0 &&
    !placeholderPattern.test(vocabulary.label(tokenId))
  );
}

/** Indices of the entries that are -1, ascending. */
function missing(map: Int32Array): TokenId[] {
  const indices: TokenId[] = [];
  for (let i = 0; i < map.length; i++) if (map[i] === -1) indices.push(i);
  return indices;
}

function reportMapping(
  toOther: Int32Array,
  lacking: number,
  extra: number,
  ends: string,
  { base, other }: VocabularyNames,
): string {
  let moved = 0;
  for (let i = 0; i < toOther.length; i++) if (toOther[i] !== -1 && toOther[i] !== i) moved++;
  const parts = [
    `${other} has ${toOther.length - lacking} of the ${toOther.length} tokens of ${base}`,
  ];
  if (moved > 0) parts.push(`${moved} of them under another id`);
  if (lacking > 0) parts.push(`the ${lacking} it lacks never appear in text and are not steered`);
  if (extra > 0) parts.push(`${extra} that only it has cannot be generated`);
  if (ends !== '') parts.push(`of its end tokens, ${ends}`);
  return `${parts.join('; ')}.`;
}

function mismatch(
  vocabulary: TokenList,
  without: TokenList,
  { base, other }: VocabularyNames,
  tokenId: TokenId,
  count: number,
): VocabularyMismatchError {
  const there =
    tokenId < without.size
      ? `there it is ${describe(without, tokenId)}`
      : `it has no token with that id`;
  return new VocabularyMismatchError(
    `${base} (${vocabulary.size} tokens) and ${other} (${without.size} tokens) have ` +
      `different tokenizers: ${count} tokens of ${base} do not exist in ${other}, first ` +
      `token ${tokenId}, ${describe(vocabulary, tokenId)} (${there}). Use models of one ` +
      `family: all must share the base's tokenizer.`,
  );
}

/** A token as people read it: its text, not its spelling in a file's own alphabet, which it names beside. */
function describe(vocabulary: TokenList, tokenId: TokenId): string {
  const label = vocabulary.label(tokenId);
  const piece = Buffer.from(vocabulary.piece(tokenId));
  const text = piece.toString();
  if (vocabulary.isControl(tokenId) || text === label) return JSON.stringify(label);
  const isText = Buffer.from(text).equals(piece);
  const read = isText ? JSON.stringify(text) : `the bytes ${piece.toString('hex')}`;
  return `${read}, spelled ${JSON.stringify(label)}`;
}
