import { InvalidOptionError } from '../spec/index.ts';
import type { Gaussian } from './gaussian.ts';

/** Standard deviations that a preference must be beyond before it steers at all. */
const defaultCaution = 1;

/**
 * The weights to decode with, `w_k = sign(m_k) max(0, |m_k| − caution sd_k)`: of all weights within
 * `caution` standard deviations of the mean the one nearest to 0, so that what is not known steers
 * neither way, and what is known steers by what is sure of it.
 * @param caution - At least 0; 0 gives the means.
 * @returns Shape `[dimension]`.
 */
export function steeringWeights(
  { mean, covariance }: Gaussian,
  caution: number = defaultCaution,
): number[] {
  if (!(caution >= 0 && Number.isFinite(caution))) {
    throw new InvalidOptionError(
      'caution',
      `caution must be a number of standard deviations of at least 0, not ${caution}.`,
    );
  }
  return mean.map((m, k) => {
    const sure = Math.abs(m) - caution * Math.sqrt(covariance[k]![k]!);
    return sure > 0 ? Math.sign(m) * sure : 0;
  });
}
