import type { TokenId } from '../../spec/index.ts';

/** A token as it is chosen, and the rows that it is chosen from. They are borrowed until the callback returns. */
export interface ChosenToken {
  /** Tokens before it, as the base sees them. */
  readonly position: number;
  readonly tokenId: TokenId;
  /** Which answer it belongs to, where guidance writes several; else 0. */
  readonly answer: number;
  /** By model of the formula, its logits in the base's vocabulary, shape `[vocabSize]`. */
  readonly rows: Readonly<Record<string, Float32Array>>;
  /** What the formula made of them, `[vocabSize]`: before rewards, penalties, the constraint and sampling. */
  readonly composed: Float32Array;
}

/**
 * Called for each token that is chosen, the end's too, before anything else is done with it: in order, but again for a
 * segment that is sampled again; not for tokens that a constraint leaves no choice about and whose rows nobody needs.
 * What it throws ends the generation.
 */
export type OnToken = (chosen: ChosenToken) => void;
