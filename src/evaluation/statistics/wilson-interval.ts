import { InvalidOptionError } from '../../spec/index.ts';
import { defaultConfidence, requireLevel, type Interval } from './interval.ts';
import { normalQuantile } from './normal-quantile.ts';

/**
 * Wilson's score interval of a share: inside [0, 1], and of use where `successes` is 0 or all.
 * @param level - Confidence, above 0 and below 1.
 * @throws InvalidOptionError unless `0 ≤ successes ≤ trials` and `trials ≥ 1`.
 * @see Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22(158)
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  level: number = defaultConfidence,
): Interval {
  requireLevel('level', level);
  if (!Number.isSafeInteger(trials) || trials < 1) {
    throw new InvalidOptionError('trials', `trials must be an integer from 1, not ${trials}.`);
  }
  if (!Number.isSafeInteger(successes) || successes < 0 || successes > trials) {
    throw new InvalidOptionError(
      'successes',
      `successes must be an integer from 0 to ${trials}, the trials, not ${successes}.`,
    );
  }
  const z = normalQuantile((1 + level) / 2);
  const share = successes / trials;
  const scale = 1 + z ** 2 / trials;
  const centre = (share + z ** 2 / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share) + z ** 2 / (4 * trials)) / trials);
  return {
    estimate: share,
    // Exact at the ends, where rounding would leave 1e-17.
    from: successes === 0 ? 0 : centre - half,
    to: successes === trials ? 1 : centre + half,
  };
}
