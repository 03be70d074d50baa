import { ConstraintError } from '../../spec/index.ts';
import type { Expression } from '../grammar.ts';
import { floorDivide, powerOfTen, showDecimal, writeDecimal, type Decimal } from './decimal.ts';
import { atLeast, atMost, digit, digitOf, integerRange } from './digit-ranges.ts';
import {
  both,
  characterIn,
  choice,
  optional,
  repeat,
  rule,
  sequence,
  text,
} from './expressions.ts';
import { schemaLimits } from './limits.ts';
import { multiplesWithin, type DefineRule } from './multiples.ts';
import {
  integersWithin,
  takesIntegersOnly,
  significantDigits,
  type NumberFacets,
} from './number-facets.ts';

/**
 * The numbers that are written. Integers lie within ±(2^53 − 1) and have no fraction; decimals have at
 * most 15 digits, so that doubles tell them apart and compare them as their digits do; exponents, of
 * two digits, are for numbers without bounds and steps alone.
 */
export const numberRules: ReadonlyMap<string, Expression> = new Map([
  ['integer', integerRange(BigInt(Number.MIN_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER))],
  ['decimal', choice([rule('integer'), sequence(optional(text('-')), choice(fractions()))])],
  ['number', sequence(rule('decimal'), optional(exponent()))],
]);

/** `0.` and 15 digits, or one digit less after the point for each before it. */
function fractions(): Expression[] {
  const options = [sequence(text('0.'), repeat(digit(), 1, significantDigits))];
  for (let whole = 1; whole < significantDigits; whole++) {
    options.push(
      sequence(
        digit(1),
        repeat(digit(), whole - 1, whole - 1),
        text('.'),
        repeat(digit(), 1, significantDigits - whole),
      ),
    );
  }
  return options;
}

function exponent(): Expression {
  const letter = characterIn([0x45, 0x45], [0x65, 0x65]);
  const sign = characterIn([0x2b, 0x2b], [0x2d, 0x2d]);
  return sequence(letter, optional(sign), repeat(digit(), 1, 2));
}

/** What numbers the facets allow, in words: equal for equal facets. */
export function numberName(facets: NumberFacets): string {
  const { minimum, maximum, step, excludedSteps = [], excluded = [] } = facets;
  return [
    takesIntegersOnly(facets) ? 'integer' : 'number',
    ...(minimum === undefined ? [] : [minimum.exclusive ? '>' : '>=', showDecimal(minimum.value)]),
    ...(maximum === undefined ? [] : [maximum.exclusive ? '<' : '<=', showDecimal(maximum.value)]),
    ...(step === undefined || (step.units === 1n && step.scale === 0)
      ? []
      : ['by', showDecimal(step)]),
    ...excludedSteps.map((each) => `not by ${showDecimal(each)}`),
    ...excluded.map((each) => `not ${showDecimal(each)}`),
  ].join(' ');
}

/**
 * Numbers within bounds, and of a step; some are.
 * @throws ConstraintError for a step that has no short grammar.
 */
export function numberExpression(
  facets: NumberFacets,
  define: DefineRule,
  pointer: string,
): Expression {
  const { excludedSteps = [], excluded = [] } = facets;
  const item = includedExpression(facets, define, pointer);
  if (excludedSteps.length + excluded.length === 0) return item;
  const others = [
    ...excludedSteps.map((step) => multiples(step, pointer)),
    ...excluded.map(spellings),
  ];
  return { kind: 'except', item, excluded: choice(others) };
}

/** All ways to write a number that has no exponent. */
function spellings(value: Decimal): Expression {
  const zeros = repeat(text('0'), 0, Infinity);
  const written = text(writeDecimal(value));
  const spelled =
    value.scale > 0
      ? sequence(written, zeros)
      : sequence(written, optional(sequence(text('.'), zeros)));
  return value.units === 0n ? sequence(optional(text('-')), spelled) : spelled;
}

/** Multiples of a step, however they are written. */
function multiples(step: Decimal, pointer: string): Expression {
  if (step.scale > 0) return multiplesBelowOne(step, pointer);
  const fraction = optional(sequence(text('.'), repeat(text('0'), 0, Infinity)));
  return sequence(multiplesByEnding(step.units, pointer), fraction);
}

function includedExpression(facets: NumberFacets, define: DefineRule, pointer: string): Expression {
  const { minimum, maximum, step } = facets;
  if (takesIntegersOnly(facets)) return integerExpression(facets, define, pointer);
  return both([
    rule('decimal'),
    ...(minimum === undefined ? [] : [atLeast(minimum)]),
    ...(maximum === undefined ? [] : [atMost(maximum)]),
    ...(step === undefined ? [] : [multiplesBelowOne(step, pointer)]),
  ]);
}

function integerExpression(facets: NumberFacets, define: DefineRule, pointer: string): Expression {
  const step = facets.step!.units;
  const { from, to } = integersWithin(facets);
  if (step === 1n) return integerRange(from, to);
  const first = -floorDivide(-from, step);
  const last = floorDivide(to, step);
  if (last - first < schemaLimits.multiples) {
    const count = Number(last - first) + 1;
    return choice(
      Array.from({ length: count }, (_, i) => text(String((first + BigInt(i)) * step))),
    );
  }
  if (endingLength(step) !== undefined || step > schemaLimits.step) {
    return both([integerRange(from, to), multiplesByEnding(step, pointer)]);
  }
  return multiplesWithin(from, to, step, define)!;
}

/** Multiples that their last digits tell: the step divides a power of ten. */
function multiplesByEnding(step: bigint, pointer: string): Expression {
  const length = endingLength(step);
  if (length === undefined) throw unsupportedStep({ units: step, scale: 0 }, pointer);
  const short = Array.from({ length: length - 1 }, (_, i) => endingsOf(i + 1, step, 0n));
  const long = sequence(repeat(digit(), 0, Infinity), choice(endingsOf(length, step, 0n)));
  return sequence(optional(text('-')), choice([...short.flat(), long]));
}

/** How many last digits tell whether a number is a multiple. */
function endingLength(step: bigint): number | undefined {
  return [1, 2, 3].find((digits) => powerOfTen(digits) % step === 0n);
}

/** The options for so many last digits that, added to `sum`, make a multiple of the step. */
function endingsOf(length: number, step: bigint, sum: bigint): Expression[] {
  if (length === 0) return sum % step === 0n ? [text('')] : [];
  const digitsBySum = new Map<bigint, number[]>(); // those that leave the same rest are one option
  for (let value = 0; value <= 9; value++) {
    const next = (sum + BigInt(value) * powerOfTen(length - 1)) % step;
    digitsBySum.set(next, [...(digitsBySum.get(next) ?? []), value]);
  }
  return Array.from(digitsBySum).flatMap(([next, values]) => {
    const endings = endingsOf(length - 1, step, next);
    return endings.length === 0 ? [] : sequence(digitOf(values), choice(endings));
  });
}

/** Multiples that their fraction tells: the step divides 1. */
function multiplesBelowOne(step: Decimal, pointer: string): Expression {
  const { units, scale } = step;
  const one = powerOfTen(scale);
  if (one % units !== 0n || one / units > schemaLimits.multiples) {
    throw unsupportedStep(step, pointer);
  }
  const fractionsOfOne = Array.from({ length: Number(one / units) }, (_, i) => {
    const digits = String(BigInt(i) * units)
      .padStart(scale, '0')
      .replace(/0+$/, '');
    return sequence(text(digits), repeat(text('0'), 0, scale - digits.length));
  });
  return sequence(
    optional(text('-')),
    repeat(digit(), 1, Infinity),
    optional(sequence(text('.'), choice(fractionsOfOne))),
  );
}

function unsupportedStep(step: Decimal, pointer: string): ConstraintError {
  return new ConstraintError(
    pointer,
    `multipleOf at ${pointer}: multiples of ${showDecimal(step)} have no short grammar. Use a step of at most ${schemaLimits.step}, a divisor of 1000, a ` +
      `fraction that divides 1 into at most ${schemaLimits.multiples} parts, or bounds with at most ` +
      `${schemaLimits.multiples} multiples between them.`,
  );
}
