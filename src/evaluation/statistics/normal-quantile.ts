/**
 * The standard normal quantile, to 1.2e-9 of its value, for probabilities above 0 and below 1.
 * @see Acklam 2003, "An algorithm for computing the inverse normal cumulative distribution function"
 */
export function normalQuantile(probability: number): number {
  if (probability > 1 - CENTRAL) return -lowerTail(1 - probability);
  if (probability < CENTRAL) return lowerTail(probability);
  const q = probability - 0.5;
  const r = q * q;
  return (q * polynomial(centralNumerator, r)) / polynomial([...centralDenominator, 1], r);
}

/** Where the rational functions of the tails begin. */
const CENTRAL = 0.02425;

const centralNumerator = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
  -3.066479806614716e1, 2.506628277459239,
];
const centralDenominator = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
  -1.328068155288572e1,
];
const tailNumerator = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
];
const tailDenominator = [
  7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416,
];

function lowerTail(probability: number): number {
  const q = Math.sqrt(-2 * Math.log(probability));
  return polynomial(tailNumerator, q) / polynomial([...tailDenominator, 1], q);
}

/** By Horner's rule, the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
}
