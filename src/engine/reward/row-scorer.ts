import type { SourceRow } from '../../compose/index.ts';
import type { Continuations, TokenId } from '../../spec/index.ts';
import type { RewardScorer } from './reward-scorer.ts';

/** A reward whose values of all next tokens are in rows that the models give anyway. */
export interface NextTokenValues {
  /** Names of the models whose rows it needs, at every position. */
  readonly models: readonly string[];
  /** Value of the answer with `tokenId` next; `before` is its value so far. */
  next(rows: readonly SourceRow[], tokenId: TokenId, before: number): number;
}

/** A one-call reward model: the row is the value of the answer with each token next. */
export function oneCallValues(model: string): NextTokenValues {
  return {
    models: [model],
    next: ([row], tokenId) => row!.value(tokenId),
  };
}

/**
 * `log p(answer | attribute) - log p(answer | neutral)`, nats: how much likelier the attribute's view
 * makes the answer. Kim et al. 2025, "Drift", arXiv:2502.14289.
 */
export function attributeValues(attribute: string, neutral: string): NextTokenValues {
  return {
    models: [attribute, neutral],
    next: ([own, other], tokenId, before) =>
      before + own!.logprob(tokenId) - other!.logprob(tokenId),
  };
}

/**
 * {@link NextTokenValues} in one answer. With `answerTokens`, an answer is worth the mean over its tokens,
 * its end included. What comes next is weighed as in an answer of that many tokens, whatever the length so
 * far: a token then counts as much at the end of an answer as at its beginning.
 */
export class RowScorer implements RewardScorer {
  readonly names: readonly string[];
  readonly isCostly = false;
  readonly #values: NextTokenValues;
  readonly #rowOf: (model: string) => SourceRow;
  readonly #answerTokens: number | null;
  /** Sum of the values after each accepted token. */
  readonly #history: number[] = [];

  /** @param rowOf - The row of a model at the position behind the accepted tokens. */
  constructor(
    name: string,
    values: NextTokenValues,
    rowOf: (model: string) => SourceRow,
    answerTokens: number | null,
  ) {
    this.names = [name];
    this.#values = values;
    this.#rowOf = rowOf;
    this.#answerTokens = answerTokens;
  }

  /** Of one-token continuations: their values are in the rows. */
  score(continuations: Continuations): readonly Float64Array[] {
    const usual = this.#answerTokens ?? 1;
    return [Float64Array.from(continuations, ([tokenId]) => this.#next(tokenId!) / usual)];
  }

  async value(end: TokenId | null): Promise<readonly number[]> {
    const sum = end === null ? this.#history.at(-1)! : this.#next(end);
    const length = this.#history.length + (end === null ? 0 : 1);
    return [this.#answerTokens === null ? sum : sum / length];
  }

  accept(tokens: readonly TokenId[]): void {
    for (const tokenId of tokens) this.#history.push(this.#next(tokenId));
  }

  truncate(length: number): void {
    this.#history.length = length;
  }

  [Symbol.dispose](): void {}

  #next(tokenId: TokenId): number {
    const before = this.#history.at(-1) ?? 0;
    const { models } = this.#values;
    const value = this.#values.next(models.map(this.#rowOf), tokenId, before);
    return Number.isFinite(value) ? value : before; // a token that the model lacks says nothing
  }
}
