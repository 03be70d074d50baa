import type { RowKernels } from '../math/index.ts';
import { NonFiniteLogitsError } from '../spec/index.ts';
import { largestScale, type ScaledShift } from './kl-budget.ts';

/** What rewards add to the logits of some tokens; 0 elsewhere. */
export interface RewardShift {
  /** Shape `[n]`, no token twice. */
  readonly tokenIds: Int32Array;
  /** Shape `[n]`, finite. */
  readonly values: Float64Array;
}

/** Rows of the kernels, by index. */
export interface BudgetedRows {
  /** The base's logits. */
  readonly base: number;
  /** The composed logits. */
  readonly composed: number;
  /** Its own: the shift. */
  readonly shift: number;
  /** Its own: `base + scale shift`. */
  readonly output: number;
}

/** The least finite float32: what is not below it is not banned. */
const LOWEST_FLOAT = -3.4028234663852886e38;

/** Where nothing is added. */
export const noRewards: RewardShift = { tokenIds: new Int32Array(), values: new Float64Array() };

/** The way from the base to a composition and its rewards, of which a KL budget allows a part. */
export class BudgetedShift {
  readonly #kernels: RowKernels;
  readonly #rows: BudgetedRows;

  constructor(kernels: RowKernels, rows: BudgetedRows) {
    this.#kernels = kernels;
    this.#rows = rows;
  }

  /**
   * `shift <- composed - base`, before a plausibility mask makes the composed row infinite; 0 where a method of one's
   * own has banned a token, which is a mask, too.
   */
  measure(): void {
    const { base, composed, shift } = this.#rows;
    this.#kernels.row(shift).set(this.#kernels.row(composed));
    this.#kernels.accumulate(shift, base, -1, 0);
    if (this.#kernels.firstNonFinite(shift) === -1) return;
    const values = this.#kernels.row(shift);
    this.#kernels.row(composed).forEach((logit, i) => {
      if (logit === -Infinity) values[i] = 0;
    });
  }

  /**
   * `output <- base + t (shift + rewards)`, t being the {@link largestScale} that the budget allows:
   * - at t = 1 the composed row bit for bit, plus the rewards,
   * - at t = 0 the base bit for bit: nothing steers, so nothing is masked,
   * - between, `-Infinity` wherever the composed row is by now.
   *
   * The shift stays as it was measured.
   * @throws NonFiniteLogitsError if the rewards are so large that the sum overflows.
   */
  rescale(rewards: RewardShift, budget: number): ScaledShift {
    const { tokenIds, values } = rewards;
    const shift = this.#kernels.row(this.#rows.shift);
    const measured = Float32Array.from(tokenIds, (tokenId) => shift[tokenId]!);
    addAt(shift, tokenIds, values);
    try {
      this.#requireFinite(this.#rows.shift);
      const scaled = largestScale(this.#kernels, this.#rows, budget);
      this.#write(scaled.scale, rewards);
      return scaled;
    } finally {
      tokenIds.forEach((tokenId, i) => (shift[tokenId] = measured[i]!));
    }
  }

  #write(scale: number, { tokenIds, values }: RewardShift): void {
    const { base, composed, shift, output } = this.#rows;
    const kernels = this.#kernels;
    if (scale === 0) {
      kernels.row(output).set(kernels.row(base));
    } else if (scale === 1) {
      kernels.row(output).set(kernels.row(composed));
      addAt(kernels.row(output), tokenIds, values);
    } else {
      kernels.fill(output, -Infinity);
      kernels.permitAbove(output, composed, LOWEST_FLOAT);
      kernels.accumulate(output, base, 1, 0);
      kernels.accumulate(output, shift, scale, 0);
    }
  }

  #requireFinite(shift: number): void {
    const bad = this.#kernels.firstNonFinite(shift);
    if (bad === -1) return;
    throw new NonFiniteLogitsError(
      `The rewards overflow at token ${bad}: their weights are too large for their values. Choose ` +
        'smaller weights.',
    );
  }
}

/** `row[tokenIds[i]] <- row[tokenIds[i]] + values[i]`. */
function addAt(row: Float32Array, tokenIds: Int32Array, values: Float64Array): void {
  tokenIds.forEach((tokenId, i) => (row[tokenId]! += values[i]!));
}
