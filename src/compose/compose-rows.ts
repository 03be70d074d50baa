/**
 * A method of one's own: writes the composed logits of one position.
 * @param rows - By model, its logits in the base's vocabulary, shape `[vocabSize]`, finite: a token that a model lacks
 *   is as probable there as the base finds it. Borrowed, and not to be written to.
 * @param out - Shape `[vocabSize]`; holds the base's logits. `-Infinity` bans a token; NaN and `+Infinity` end the answer
 *   with an error.
 * @param position - Tokens before it, as the base sees them.
 * @param params - The recipe's params, as this request has them.
 */
export type ComposeRows<Model extends string = string> = (
  rows: Readonly<Record<Model, Float32Array>>,
  out: Float32Array,
  position: number,
  params: Readonly<Record<string, number>>,
) => void;

/** What composes in place of a sum of terms. */
export interface OwnMethod {
  /** Named in messages, and where the formula is shown. */
  readonly name: string;
  readonly compose: ComposeRows;
}
