import type { RowKernels } from '../math/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

/**
 * Which tokens a composition may choose at all: those that at least one of `models` finds plausible.
 * The most probable token of every one of them is always kept, so something can always be chosen.
 * - `minP`: a token whose probability is at least `minP` times that of the model's own best token.
 * - `topP`: a token of the model's smallest set whose mass is at least `topP`.
 * @see Li et al. 2022, "Contrastive Decoding", arXiv:2210.15097 (minP)
 * @see Liu et al. 2021, "DExperts", arXiv:2105.03023 (topP)
 */
export type Plausibility =
  | { readonly minP: number; readonly topP?: undefined; readonly models: readonly string[] }
  | { readonly topP: number; readonly minP?: undefined; readonly models: readonly string[] };

/** @throws InvalidOptionError unless the mass is in (0, 1] and a model is named. */
export function checkPlausibility(plausibility: Plausibility): void {
  const name = plausibility.minP === undefined ? 'topP' : 'minP';
  const mass = plausibility.minP ?? plausibility.topP;
  if (!(mass !== undefined && mass > 0 && mass <= 1)) {
    throw new InvalidOptionError(
      `plausibility.${name}`,
      `plausibility.${name} must be above 0 and at most 1, not ${mass}.`,
    );
  }
  if (plausibility.models.length === 0) {
    throw new InvalidOptionError(
      'plausibility.models',
      'plausibility.models is empty: name the models whose plausible tokens are kept.',
    );
  }
}

/**
 * `mask[i] <- 0` for every token that the model with the logits `x` finds plausible; others stay.
 * @param logZ - `logSumExp(x)`.
 */
export function permitPlausible(
  kernels: RowKernels,
  mask: number,
  x: number,
  plausibility: Plausibility,
  logZ: () => number,
): void {
  if (plausibility.minP === undefined) permitTopP(kernels, mask, x, plausibility.topP, logZ());
  else permitMinP(kernels, mask, x, plausibility.minP);
}

/** `p(i) >= minP max p` is `x[i] >= max x + log minP`: no normalisation needed. */
function permitMinP(kernels: RowKernels, mask: number, x: number, minP: number): void {
  const best = kernels.row(x)[kernels.argmax(x)]!;
  kernels.permitAbove(mask, x, best + Math.log(minP));
}

function permitTopP(
  kernels: RowKernels,
  mask: number,
  x: number,
  topP: number,
  logZ: number,
): void {
  const logits = kernels.row(x);
  const permitted = kernels.row(mask);
  for (let count = 64; ; count *= 8) {
    const best = kernels.topK(x, Math.min(count, kernels.length));
    let mass = 0;
    let kept = 0;
    while (kept < best.length && mass < topP) mass += Math.exp(logits[best[kept++]!]! - logZ);
    if (mass < topP && best.length < kernels.length) continue;
    for (let i = 0; i < kept; i++) permitted[best[i]!] = 0;
    return;
  }
}
