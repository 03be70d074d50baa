import type { TokenId } from './tokens.ts';

/** A JSON Schema: an object of keywords, or `true` (any value). */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** What an answer must be, as a whole. */
export type Constraint =
  /**
   * JSON text of a value that the schema accepts.
   * - `strict`: keywords and formats that the standard does not know are refused, not ignored.
   */
  | { readonly jsonSchema: JsonSchema; readonly strict?: boolean }
  /** A text that the regular expression matches from its first character to its last. */
  | { readonly regex: string }
  /** A text of a grammar in GBNF, llama.cpp's notation; its first rule is `root`. */
  | { readonly grammar: string }
  /** One of these texts. */
  | { readonly choice: readonly string[] }
  /** Free text and structures in it, in the words of xgrammar's structural tags. */
  | { readonly structuralTag: StructuralTag };

/** A format such as `triggered_tags`, `tag`, `any_text`, `json_schema`: docs/constraints.md lists them. */
export interface StructuralTag {
  readonly type: string;
  readonly [field: string]: unknown;
}

type KeyOf<Each> = Each extends unknown ? keyof Each : never;

/** The key that says what kind of constraint it is. */
export type ConstraintKind = Exclude<KeyOf<Constraint>, 'strict'>;

/** A constraint on the way through one answer. All token ids are the base's. */
export interface ConstraintState {
  /** Tokens accepted. */
  readonly length: number;
  /** Whether the answer may end here. */
  readonly canEnd: boolean;
  /** Whether nothing but the end may follow. */
  readonly mustEnd: boolean;
  /**
   * Which tokens may come next: bit `tokenId & 31` of word `tokenId >>> 5`, shape `[ceil(vocabSize / 32)]`,
   * bits past the vocabulary 0; borrowed until the next call. End-of-generation tokens are allowed where
   * {@link canEnd}; other control tokens never.
   * @param budget - Tokens that may still be chosen, the next one included, the end not counted: a token
   *   after which the answer could no longer be completed within it is not allowed.
   * @throws EmptySupportError if the vocabulary has no token to go on with and the answer may not end.
   */
  mask(budget: number): Uint32Array;
  /**
   * Works on {@link mask}, for those who must not be kept by it: some masks look at the whole vocabulary.
   * @param budget - The mask's.
   * @param steps - After about so many it pauses; one takes well under a microsecond or two.
   * @returns Whether the mask is ready; if not, ask again.
   * @throws As {@link mask} does.
   */
  prepareMask(budget: number, steps: number): boolean;
  /**
   * Tokens that spell what must follow whatever the model says, as the tokenizer would cut it; empty
   * where there is a choice, or fewer than two such tokens. They are not accepted yet.
   * @param budget - Tokens that may still be chosen: empty where the answer could not end within it then.
   */
  forced(budget: number): readonly TokenId[];
  /** Whether one token is in {@link mask}, without working the others out. @param budget - The mask's. */
  allows(tokenId: TokenId, budget: number): boolean;
  /** @throws ContractError if the token is not allowed. */
  accept(tokenId: TokenId): void;
  /** Keeps the first `length` accepted tokens. */
  truncate(length: number): void;
}
