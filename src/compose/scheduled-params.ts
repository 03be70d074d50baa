import type { RowKernels } from '../math/index.ts';
import type { TokenId } from '../spec/index.ts';
import type { PlannedTerm } from './formula.ts';
import { largestScale } from './kl-budget.ts';
import type { Difference, PlannedSchedule, ScheduledParam } from './schedule.ts';
import type { SourceRow } from './source.ts';

/** Rows of the kernels, by index. */
export interface ScheduledRows {
  /** The base's logits. */
  readonly base: number;
  /** The composed logits, every param being the most it can be. */
  readonly composed: number;
  /** Its own: the shift. */
  readonly shift: number;
  /** Its own: the sides of the difference, where they are not rows of two models. */
  readonly sides: readonly [number, number] | null;
  /** By model. */
  readonly sources: ReadonlyMap<string, SourceRow>;
  /** Tokens that a model of the difference lacks. */
  readonly lacking: readonly TokenId[];
}

/** The values of scheduled params, from the rows of one position. */
export class ScheduledParams {
  readonly #schedule: PlannedSchedule;
  readonly #kernels: RowKernels;
  readonly #rows: ScheduledRows;

  constructor(schedule: PlannedSchedule, kernels: RowKernels, rows: ScheduledRows) {
    this.#schedule = schedule;
    this.#kernels = kernels;
    this.#rows = rows;
  }

  /**
   * A param is
   * - 0 where the base's entropy is below its junctions' nats,
   * - else, where it matches, t of its value: the largest t in [0, 1] with
   *   `KL(softmax(base + t shift) ‖ softmax(base)) <= KL(softmax(raised) ‖ softmax(lowered))`, by
   *   {@link largestScale}, the shift being that of its whole value,
   * - else its value.
   */
  choose(): Record<string, number> {
    const { params } = this.#schedule;
    const entropy = params.some(({ junctions }) => junctions > 0) ? this.#entropyOfBase() : 0;
    return Object.fromEntries(params.map((param) => [param.name, this.#valueOf(param, entropy)]));
  }

  #valueOf({ value, junctions, matches }: ScheduledParam, entropy: number): number {
    if (entropy < junctions) return 0;
    return matches ? this.#matchingScale() * value : value;
  }

  /** `H(softmax(base)) = log Z − E[base]`, in nats. */
  #entropyOfBase(): number {
    const { base } = this.#rows;
    const { logSum, mean } = this.#kernels.tiltedMoments(base, base, 0);
    return Math.max(0, logSum - mean);
  }

  #matchingScale(): number {
    const { base, composed, shift } = this.#rows;
    const { raised, lowered } = this.#schedule.difference!;
    const budget = this.#kernels.kl(this.#sideOf(raised, 0), this.#sideOf(lowered, 1));
    this.#kernels.row(shift).set(this.#kernels.row(composed));
    this.#kernels.accumulate(shift, base, -1, 0);
    return largestScale(this.#kernels, { base, shift }, budget).scale;
  }

  /** The row of `Σ coefficient × model`, over the tokens that all models of the difference have. */
  #sideOf(terms: Difference['raised'], index: 0 | 1): number {
    const { sides, sources, lacking } = this.#rows;
    if (sides === null) return sources.get(terms[0]!.model)!.row;
    const row = sides[index];
    this.#kernels.fill(row, 0);
    for (const term of terms) this.#addTo(row, term);
    const logits = this.#kernels.row(row);
    for (const tokenId of lacking) logits[tokenId] = -Infinity;
    return row;
  }

  /** In either space: a softmax sees no difference. */
  #addTo(row: number, { model, coefficient }: PlannedTerm): void {
    this.#kernels.accumulate(row, this.#rows.sources.get(model)!.row, coefficient, 0);
  }
}
