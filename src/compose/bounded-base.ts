import { unknownWeight, type RowKernels } from '../math/index.ts';
import type { LogitBounds } from '../spec/index.ts';
import { coefficientSum } from './formula.ts';
import type { CompositionPlan } from './plan.ts';
import type { SourceRow } from './source.ts';

/** A row of logits and its `logSumExp`. */
export interface NormalisedRow {
  readonly row: number;
  readonly logZ: number;
}

/** `logSumExp` of a row that is not known whole. */
interface Normaliser {
  /** Between the least and the most that it may be. */
  readonly logZ: number;
  /** How far it may be from either, in nats. */
  readonly error: number;
}

/** What is known of composed logits where the base told some tokens alone. */
export class BoundedBase {
  readonly #kernels: RowKernels;
  readonly #base: SourceRow | undefined;
  readonly #coefficient: number;
  #bounds: LogitBounds | null | undefined;
  #normaliser: Normaliser | undefined;

  /** @param base - `undefined` where the base has no row in the plan. */
  constructor(plan: CompositionPlan, kernels: RowKernels, base: SourceRow | undefined) {
    this.#kernels = kernels;
    this.#base = base;
    this.#coefficient = coefficientSum(plan.terms.filter(({ model }) => model === plan.base));
  }

  /** The base's row is another. */
  forget(): void {
    this.#bounds = undefined;
    this.#normaliser = undefined;
  }

  get bounds(): LogitBounds | null {
    return (this.#bounds ??= this.#describe());
  }

  /** Of a row that `bounds` are those of; `null` where it is known whole. */
  normalise(row: number): Normaliser | null {
    const { bounds } = this;
    return bounds === null ? null : (this.#normaliser ??= normalise(this.#kernels, row, bounds));
  }

  #describe(): LogitBounds | null {
    const sparse = this.#base?.sparse;
    if (sparse === undefined || this.#coefficient === 0) return null;
    const { tokenIds, restMass, restLogprob } = sparse;
    const known = new Uint8Array(this.#kernels.length);
    for (const tokenId of tokenIds) known[tokenId] = 1;
    return { known, restMass, restLogprob, coefficient: this.#coefficient };
  }
}

function normalise(kernels: RowKernels, row: number, bounds: LogitBounds): Normaliser {
  const logits = kernels.row(row);
  const reference = logits[kernels.argmax(row)]!;
  let least = 0;
  for (let i = 0; i < logits.length; i++) {
    if (bounds.known[i] === 1) least += Math.exp(logits[i]! - reference);
  }
  const most = least + unknownWeight(logits, bounds, { temperature: 1, reference });
  const [low, high] = [Math.log(least), Math.log(most)];
  return { logZ: reference + (low + high) / 2, error: (high - low) / 2 };
}

/**
 * `KL(p ‖ q)` over the tokens that are known, the others taken for one: what is told apart among those would only add to it.
 */
export function klOfKnown(
  kernels: RowKernels,
  p: NormalisedRow,
  q: NormalisedRow,
  { known }: LogitBounds,
): number {
  const [pRow, qRow] = [kernels.row(p.row), kernels.row(q.row)];
  let kl = 0;
  let pRest = 1;
  let qRest = 1;
  for (let i = 0; i < known.length; i++) {
    if (known[i] === 0 || pRow[i] === -Infinity) continue;
    const [logP, logQ] = [pRow[i]! - p.logZ, qRow[i]! - q.logZ];
    kl += Math.exp(logP) * (logP - logQ);
    pRest -= Math.exp(logP);
    qRest -= Math.exp(logQ);
  }
  if (pRest > 0 && qRest > 0) kl += pRest * Math.log(pRest / qRest);
  return Math.max(0, kl);
}
