/** Index into a vocabulary, from 0. */
export type TokenId = number;

/** Unnormalised scores of the next token, shape `[vocabSize]`. */
export type Logits = Float32Array;

/** Log-softmax of logits, in nats, shape `[vocabSize]`. */
export type Logprobs = Float32Array;

/** What a token is to the model, beside its bytes. */
export interface SpecialTokens {
  /** Beginning of sequence, or `null` if the vocabulary has none. */
  readonly bos: TokenId | null;
  readonly eos: TokenId | null;
  /** Every end-of-generation token (EOS, end of turn, …), ascending. */
  readonly endOfGeneration: readonly TokenId[];
  /** Whether the model expects BOS before a prompt. */
  readonly addBos: boolean;
}

/** The tokens of one model. */
export interface Vocabulary {
  readonly size: number;
  readonly special: SpecialTokens;
  /** The bytes of one token as it appears in text; empty for control tokens. May be half a character. */
  piece(tokenId: TokenId): Uint8Array;
  /** The token's own spelling, control tokens included (`<|im_end|>`), for messages and alignment. */
  label(tokenId: TokenId): string;
  /** Whether the token steers the model rather than standing for text, as `<|im_end|>` and `<unk>`. */
  isControl(tokenId: TokenId): boolean;
  tokenize(text: string, options: TokenizeTextOptions): TokenId[];
  /**
   * `tokenize` for texts of any length: other work goes on meanwhile. Where there is none, `tokenize` serves.
   * @returns The text's tokens, or as soon as there are more than `most`, the first of them.
   */
  tokenizeLong?(text: string, options: LongTokenizeOptions): Promise<TokenId[]>;
}

export interface TokenizeTextOptions {
  /** Add BOS (and EOS) where the model expects them. */
  readonly addSpecial: boolean;
  /** Read the spellings of control tokens as these, not as text. */
  readonly parseSpecial: boolean;
}

export interface LongTokenizeOptions extends TokenizeTextOptions {
  readonly most: number;
  readonly signal?: AbortSignal | undefined;
}
