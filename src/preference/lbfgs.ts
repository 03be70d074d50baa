import { dot } from './gaussian.ts';

/** A function's value and gradient, shape `[n]`, at one point; the gradient is a fresh array. */
export interface ValueAndGradient {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface MinimizeOptions {
  /** Ends when no component of the gradient is larger. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** A step and how the gradient changed over it. */
interface Curvature {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** `step · change`, above 0. */
  readonly product: number;
}

/** Pairs of step and change that the Hessian is guessed from. */
const MEMORY = 10;
/** Of the decrease that a step promises; Armijo's rule. */
const SUFFICIENT_DECREASE = 1e-4;
const MOST_HALVINGS = 40;

/**
 * A local minimum of a smooth function, by L-BFGS with steps halved until they gain. No value after
 * the start is above the one before it. Deterministic.
 * @param start - Shape `[n]`.
 * @see Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization"
 */
export function minimize(
  objective: (x: Float64Array) => ValueAndGradient,
  start: Float64Array,
  { tolerance, maxIterations }: MinimizeOptions,
): Float64Array {
  let x = start;
  let here = objective(x);
  const memory: Curvature[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (here.gradient.every((component) => Math.abs(component) <= tolerance)) break;
    const direction = quasiNewtonDirection(here.gradient, memory);
    const next = stepDownhill(objective, x, here, direction);
    if (next === undefined) break; // nothing left to gain in double precision
    remember(memory, subtract(next.x, x), subtract(next.gradient, here.gradient));
    [x, here] = [next.x, next];
  }
  return x;
}

/** `−H g` by the two loops; at first `−g`, no longer than 1. */
function quasiNewtonDirection(gradient: Float64Array, memory: readonly Curvature[]): Float64Array {
  const direction = gradient.map((component) => -component);
  const shares = memory.toReversed().map(({ step, change, product }) => {
    const share = dot(step, direction) / product;
    addScaled(direction, change, -share);
    return share;
  });
  scaleInPlace(direction, initialScale(gradient, memory.at(-1)));
  for (const [i, { step, change, product }] of memory.entries()) {
    const share = shares[memory.length - 1 - i]!;
    addScaled(direction, step, share - dot(change, direction) / product);
  }
  return direction;
}

/** Of the inverse Hessian before the memory corrects it. */
function initialScale(gradient: Float64Array, latest: Curvature | undefined): number {
  if (latest !== undefined) return latest.product / dot(latest.change, latest.change);
  return 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
}

function stepDownhill(
  objective: (x: Float64Array) => ValueAndGradient,
  x: Float64Array,
  here: ValueAndGradient,
  direction: Float64Array,
): (ValueAndGradient & { readonly x: Float64Array }) | undefined {
  const promised = dot(here.gradient, direction); // below 0
  for (let halvings = 0; halvings < MOST_HALVINGS; halvings++) {
    const length = 0.5 ** halvings;
    const moved = x.slice();
    addScaled(moved, direction, length);
    const there = objective(moved);
    if (there.value <= here.value + SUFFICIENT_DECREASE * length * promised) {
      return { ...there, x: moved };
    }
  }
  return undefined;
}

/** Keeps what shows positive curvature: anything else would turn directions uphill. */
function remember(memory: Curvature[], step: Float64Array, change: Float64Array): void {
  const product = dot(step, change);
  if (!(product > 1e-10 * dot(change, change))) return;
  memory.push({ step, change, product });
  if (memory.length > MEMORY) memory.shift();
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]!);
}

function addScaled(target: Float64Array, vector: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * vector[i]!;
}

function scaleInPlace(target: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! *= scale;
}
