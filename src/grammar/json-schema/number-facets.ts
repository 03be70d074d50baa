import {
  ceilAt,
  floorAt,
  floorDivide,
  greatestCommonDivisor,
  isMultipleOf,
  leastCommonMultiple,
  powerOfTen,
  showDecimal,
  toDecimal,
  type Decimal,
} from './decimal.ts';

export interface Bound {
  readonly value: Decimal;
  readonly exclusive: boolean;
}

/** What a schema says of numbers. `type: integer` is a step of 1. */
export interface NumberFacets {
  readonly minimum?: Bound | undefined;
  readonly maximum?: Bound | undefined;
  /** Every number is a multiple of it; positive. */
  readonly step?: Decimal | undefined;
  /** No number is a multiple of one of these; positive. */
  readonly excludedSteps?: readonly Decimal[] | undefined;
  readonly excluded?: readonly Decimal[] | undefined;
}

export const anyNumber: NumberFacets = {};

/** Digits of a number that is no integer: doubles tell all decimals of so many digits apart. */
export const significantDigits = 15;

const largestInteger: Decimal = toDecimal(Number.MAX_SAFE_INTEGER);
const smallestInteger: Decimal = toDecimal(Number.MIN_SAFE_INTEGER);

export function meetNumbers(a: NumberFacets, b: NumberFacets): NumberFacets {
  return {
    minimum: tighter(a.minimum, b.minimum, (x, y) => compare(x, y) > 0),
    maximum: tighter(a.maximum, b.maximum, (x, y) => compare(x, y) < 0),
    step:
      a.step === undefined || b.step === undefined
        ? (a.step ?? b.step)
        : leastCommonMultiple(a.step, b.step),
    excludedSteps: together(a.excludedSteps, b.excludedSteps),
    excluded: together(a.excluded, b.excluded),
  };
}

function together(
  a: readonly Decimal[] | undefined,
  b: readonly Decimal[] | undefined,
): readonly Decimal[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return [...new Map([...a, ...b].map((each) => [showDecimal(each), each])).values()];
}

function tighter(
  a: Bound | undefined,
  b: Bound | undefined,
  isInside: (a: Decimal, b: Decimal) => boolean,
): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (isInside(a.value, b.value)) return a;
  if (isInside(b.value, a.value)) return b;
  return a.exclusive ? a : b;
}

function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = floorAt(a, scale) - floorAt(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function acceptsNumber(facets: NumberFacets, value: number): boolean {
  const { minimum, maximum, step, excludedSteps = [], excluded = [] } = facets;
  const decimal = toDecimal(value);
  if (excludedSteps.some((each) => isMultipleOf(decimal, each))) return false;
  if (excluded.some((each) => compare(each, decimal) === 0)) return false;
  if (minimum !== undefined && !isWithin(compare(decimal, minimum.value), minimum)) return false;
  if (maximum !== undefined && !isWithin(compare(maximum.value, decimal), maximum)) return false;
  return step === undefined || isMultipleOf(decimal, step);
}

function isWithin(distance: number, { exclusive }: Bound): boolean {
  return exclusive ? distance > 0 : distance >= 0;
}

export function takesIntegersOnly({ step }: NumberFacets): boolean {
  return step !== undefined && step.scale === 0;
}

/** The integers within the bounds, of those that doubles hold exactly; empty if `from > to`. */
export function integersWithin(facets: NumberFacets): {
  readonly from: bigint;
  readonly to: bigint;
} {
  const { minimum, maximum } = meetNumbers(facets, {
    minimum: { value: smallestInteger, exclusive: false },
    maximum: { value: largestInteger, exclusive: false },
  });
  return unitsWithin(minimum!, maximum!, 0);
}

/** Whether any number of the decimals that are written fits. */
export function holdsNumber(facets: NumberFacets): boolean {
  const integers = integersWithin(facets);
  if (holdsMultiple(integers, unitsOfStep(facets.step, 0))) return true;
  if (takesIntegersOnly(facets)) return false;
  for (let scale = 1; scale <= significantDigits; scale++) {
    const limit = { units: powerOfTen(significantDigits - scale), scale: 0 };
    const { minimum, maximum } = meetNumbers(facets, {
      minimum: { value: { units: -limit.units, scale: 0 }, exclusive: true },
      maximum: { value: limit, exclusive: true },
    });
    if (holdsMultiple(unitsWithin(minimum!, maximum!, scale), unitsOfStep(facets.step, scale))) {
      return true;
    }
  }
  return false;
}

/** The integers `n` for which `n × 10^-scale` is within the bounds. */
function unitsWithin(minimum: Bound, maximum: Bound, scale: number): { from: bigint; to: bigint } {
  return {
    from: minimum.exclusive ? floorAt(minimum.value, scale) + 1n : ceilAt(minimum.value, scale),
    to: maximum.exclusive ? ceilAt(maximum.value, scale) - 1n : floorAt(maximum.value, scale),
  };
}

/** The least `n > 0` for which `n × 10^-scale` is a multiple of the step. */
function unitsOfStep(step: Decimal | undefined, scale: number): bigint {
  if (step === undefined) return 1n;
  if (scale >= step.scale) return floorAt(step, scale);
  const finer = powerOfTen(step.scale - scale);
  return step.units / greatestCommonDivisor(step.units, finer);
}

function holdsMultiple(range: { from: bigint; to: bigint }, step: bigint): boolean {
  return floorDivide(range.to, step) * step >= range.from;
}
