import type { RowKernels } from '../math/index.ts';
import { InvalidOptionError } from '../spec/index.ts';

/** Rows of the kernels: logits, and what is added to them; the shift is finite. */
export interface ShiftedRows {
  readonly base: number;
  readonly shift: number;
}

/** How much of a shift is taken, and how far that leads. */
export interface ScaledShift {
  /** In [0, 1]. */
  readonly scale: number;
  /** `KL(softmax(base + scale shift) ‖ softmax(base))`, in nats. */
  readonly kl: number;
}

/** What may be left of a budget that binds: this share of it, or these nats, which rounding blurs. */
const SLACK_SHARE = 1e-3;
const SLACK_NATS = 1e-6;

/** Halving alone finds the scale to 2^-60 in as many; five are usual. */
const MOST_STEPS = 60;

/**
 * The largest t in [0, 1] with `KL(t) = KL(softmax(base + t shift) ‖ softmax(base)) <= budget`. A budget
 * that does not bind gives exactly 1. One that does is used but for a thousandth of it or 1e-6 nats,
 * and never exceeded, by a KL that the kernels know to 1e-6 nats; a budget of 0 then gives exactly 0.
 *
 * KL never falls along the shift: with `q_t = softmax(base + t shift)` it is
 * `t E_q[shift] − (log Z_t − log Z_0)`, and its derivative `t Var_q[shift]`. Newton's method on its
 * square root, which is nearly straight, kept inside a bracket that is halved where a step leaves it.
 * @param budget - In nats, at least 0; `Infinity` is none. @throws InvalidOptionError otherwise.
 */
export function largestScale(
  kernels: RowKernels,
  { base, shift }: ShiftedRows,
  budget: number,
): ScaledShift {
  requireBudget(budget);
  const { logSum: logZ, variance } = kernels.tiltedMoments(base, shift, 0);
  const whole = divergenceAt(1);
  if (whole.kl <= budget) return { scale: 1, kl: whole.kl };
  let inside = { scale: 0, kl: 0 };
  let outside = 1;
  const enough = budget - Math.max(SLACK_SHARE * budget, SLACK_NATS);
  const aim = (enough + budget) / 2; // so that the last step may end on either side of it
  let next = Math.sqrt((2 * aim) / variance); // KL(t) = t² Var / 2 + O(t³)
  for (let step = 0; step < MOST_STEPS && inside.kl < enough; step++) {
    const isBetween = next > inside.scale && next < outside;
    const scale = isBetween ? next : (inside.scale + outside) / 2;
    const { kl, slope } = divergenceAt(scale);
    if (kl <= budget) inside = { scale, kl };
    else outside = scale;
    const root = Math.sqrt(kl);
    next = scale + ((Math.sqrt(aim) - root) * 2 * root) / slope;
  }
  return inside;

  function divergenceAt(t: number): { readonly kl: number; readonly slope: number } {
    const q = kernels.tiltedMoments(base, shift, t);
    return { kl: Math.max(0, t * q.mean - (q.logSum - logZ)), slope: t * q.variance };
  }
}

/** @throws InvalidOptionError */
function requireBudget(budget: number): void {
  if (budget >= 0) return;
  throw new InvalidOptionError(
    'klBudget',
    `A KL budget must be a number of at least 0, in nats, not ${budget}.`,
  );
}
