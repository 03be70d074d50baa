import type { TokenId, Vocabulary } from '../spec/index.ts';

/** How a model's vocabulary relates to the base's, whose ids all others are brought into. */
export type VocabularyAlignment = EqualVocabularies | MappedVocabularies;

export interface EqualVocabularies {
  readonly kind: 'equal';
  readonly baseSize: number;
  readonly otherSize: number;
  readonly lacking: readonly [];
  /** One sentence for a person. */
  readonly report: string;
}

export interface MappedVocabularies {
  readonly kind: 'mapped';
  readonly baseSize: number;
  readonly otherSize: number;
  /** Other's id of each of the base's tokens, or -1: shape `[baseSize]`. */
  readonly toOther: Int32Array;
  /** Base's id of each of the other's tokens, or -1: shape `[otherSize]`. */
  readonly toBase: Int32Array;
  /** The first tokens that have the same id in both. */
  readonly identicalPrefix: number;
  /** The base's tokens that the other lacks, ascending: none of them appears in text. */
  readonly lacking: readonly TokenId[];
  readonly report: string;
}

/** @throws VocabularyMismatchError naming the first differing token. */
export declare function alignVocabularies(base: Vocabulary, other: Vocabulary): VocabularyAlignment;

/** The base's token ids as the other's. @throws VocabularyMismatchError for a token that it lacks. */
export declare function mapTokens(
  alignment: VocabularyAlignment,
  tokens: readonly TokenId[],
): TokenId[];

/** Those of the other's token ids that the base has, as the base's. */
export declare function mapTokensToBase(
  alignment: VocabularyAlignment,
  tokens: readonly TokenId[],
): TokenId[];
