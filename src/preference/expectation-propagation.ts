import { dot, varianceAlong, type Gaussian } from './gaussian.ts';
import type { Evidence } from './laplace.ts';
import { logLikelihood } from './likelihood.ts';
import { normalQuadrature } from './quadrature.ts';

/** A normal factor of one margin, by its precision and precision × mean; the latter may be alone. */
export interface Site {
  readonly precision: number;
  readonly shift: number;
}

/** A posterior and the factors that it is made of, one for each piece of evidence. */
export interface Propagated extends Gaussian {
  readonly sites: readonly Site[];
}

/** A normal distribution of one margin. */
interface Margin {
  readonly mean: number;
  readonly variance: number;
}

/** Margins of some tens of standard deviations still meet the bend of the likelihood. */
const quadrature = normalQuadrature(32);

/** Sites settle in three or four; more answers than dimensions hardly need more. */
const MOST_SWEEPS = 12;
/** Of a site's move, relative to the cavity's spread. */
const SETTLED = 1e-4;
/** Of a cavity's variance: what one answer leaves at least. Quadrature sees nothing smaller. */
const SMALLEST_REMAINDER = 1e-4;

/**
 * Mean and covariance of `p(λ | answers) ∝ N(λ; prior) Π P(answer | λᵀ difference)^weight` by
 * expectation propagation: every answer stands as a normal factor of its margin, matched in turn to the
 * moments that the answer itself would give among the others' factors. Dearer than the mode and its
 * curvature, and far nearer to the true moments where answers are one-sided: there the mode stays close
 * to the prior while the mass does not. Wherever it ends, the covariance is finite.
 * @param options.sites - Where to begin: those of the same evidence under another prior save sweeps.
 * @see Minka 2001, "Expectation Propagation for Approximate Bayesian Inference"
 */
export function propagateExpectations(
  prior: Gaussian,
  evidence: readonly Evidence[],
  options: { readonly tieProbability: number; readonly sites?: readonly Site[] },
): Propagated {
  const belief = {
    mean: [...prior.mean],
    covariance: prior.covariance.map((row) => [...row]),
  };
  const sites = options.sites?.slice() ?? evidence.map(() => ({ precision: 0, shift: 0 }));
  for (const [i, { difference }] of evidence.entries()) absorb(belief, difference, sites[i]!);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let largestMove = 0;
    for (const [i, { difference, answer, weight }] of evidence.entries()) {
      const site = sites[i]!;
      const cavity = without(marginOf(belief, difference), site);
      if (cavity === undefined) continue; // two answers alike, or a factor that carries all there is
      const likelihood = (m: number) => weight * logLikelihood(answer, m, options.tieProbability);
      sites[i] = siteBetween(cavity, tilt(cavity, likelihood));
      const precision = sites[i].precision - site.precision;
      const shift = sites[i].shift - site.shift;
      absorb(belief, difference, { precision, shift });
      largestMove = Math.max(
        largestMove,
        Math.abs(precision) * cavity.variance,
        Math.abs(shift) * Math.sqrt(cavity.variance),
      );
    }
    if (largestMove < SETTLED) break;
  }
  return { ...belief, sites };
}

function marginOf({ mean, covariance }: Gaussian, difference: readonly number[]): Margin {
  return { mean: dot(mean, difference), variance: varianceAlong(covariance, difference) };
}

/** The margin's distribution with the site's factor taken out. */
function without({ mean, variance }: Margin, site: Site): Margin | undefined {
  const precision = 1 / variance - site.precision;
  if (!(precision > 0 && Number.isFinite(precision))) return undefined;
  return { mean: (mean / variance - site.shift) / precision, variance: 1 / precision };
}

/** Mean and variance under the density `cavity × exp(logLikelihood)`. */
function tilt({ mean, variance }: Margin, logLikelihoodOf: (margin: number) => number): Margin {
  const sd = Math.sqrt(variance);
  const logs = quadrature.nodes.map((node) => logLikelihoodOf(mean + sd * node));
  const top = Math.max(...logs);
  let [mass, first, second] = [0, 0, 0];
  for (const [i, node] of quadrature.nodes.entries()) {
    const weight = quadrature.weights[i]! * Math.exp(logs[i]! - top);
    mass += weight;
    first += weight * node;
    second += weight * node * node;
  }
  const center = first / mass;
  const remainder = Math.max(SMALLEST_REMAINDER, second / mass - center * center);
  return { mean: mean + sd * center, variance: variance * remainder };
}

/** The factor that takes the cavity to the tilted moments; of a concave log-likelihood never negative. */
function siteBetween(cavity: Margin, tilted: Margin): Site {
  return {
    precision: Math.max(0, 1 / tilted.variance - 1 / cavity.variance),
    shift: tilted.mean / tilted.variance - cavity.mean / cavity.variance,
  };
}

/** Multiplies the distribution by a factor of the margin, by Sherman and Morrison's formula. */
function absorb(
  { mean, covariance }: { readonly mean: number[]; readonly covariance: number[][] },
  difference: readonly number[],
  { precision, shift }: Site,
): void {
  const reach = covariance.map((row) => dot(row, difference));
  const divisor = 1 + precision * Math.max(0, dot(reach, difference));
  const step = (shift - precision * dot(mean, difference)) / divisor;
  const narrowing = precision / divisor;
  for (let i = 0; i < mean.length; i++) {
    mean[i]! += step * reach[i]!;
    for (let j = 0; j < mean.length; j++) {
      covariance[i]![j]! -= narrowing * (reach[i]! * reach[j]!); // symmetric to the last bit
    }
  }
}
