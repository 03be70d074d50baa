import type { CodePointRange, Expression } from '../grammar.ts';
import type { Decimal } from './decimal.ts';
import { characterIn, choice, optional, repeat, sequence, text } from './expressions.ts';
import type { Bound } from './number-facets.ts';

/**
 * Bounds as languages of digits. An integer is written without leading zeros, a fraction with any
 * number of digits; how many there may be in all is not said here.
 */

const zero = 48; // '0'

export function digit(from = 0, to = 9): Expression {
  return from === to ? text(String(from)) : characterIn([zero + from, zero + to]);
}

/** @param values - Ascending. */
export function digitOf(values: readonly number[]): Expression {
  return characterIn(...values.map((value): CodePointRange => [zero + value, zero + value]));
}

const digits = repeat(digit(), 0, Infinity);
const zeros = repeat(digit(0, 0), 0, Infinity);
const anyFraction = optional(sequence(text('.'), repeat(digit(), 1, Infinity)));
const anyMagnitude = sequence(choice([text('0'), sequence(digit(1), digits)]), anyFraction);

/** Integers of an inclusive range that is not empty; 0 has no sign. */
export function integerRange(from: bigint, to: bigint): Expression {
  const options: Expression[] = [];
  if (to >= 0n) options.push(naturalRange(from > 0n ? from : 0n, to));
  if (from < 0n) options.push(sequence(text('-'), naturalRange(to < 0n ? -to : 1n, -from)));
  return choice(options);
}

/** Natural numbers of an inclusive range that is not empty; `to` may be missing. */
function naturalRange(from: bigint, to?: bigint): Expression {
  const low = String(from);
  if (to === undefined) {
    const longer = sequence(digit(1), repeat(digit(), low.length, Infinity));
    return choice([equalLengthRange(low, '9'.repeat(low.length)), longer]);
  }
  const high = String(to);
  if (low.length === high.length) return equalLengthRange(low, high);
  const options = [equalLengthRange(low, '9'.repeat(low.length))];
  if (high.length - low.length > 1) {
    options.push(sequence(digit(1), repeat(digit(), low.length, high.length - 2)));
  }
  options.push(equalLengthRange(`1${'0'.repeat(high.length - 1)}`, high));
  return choice(options);
}

/** Texts of digits between two of their length, both included. */
function equalLengthRange(low: string, high: string): Expression {
  if (low === '') return text('');
  if (/^0+$/.test(low) && /^9+$/.test(high)) return repeat(digit(), low.length, low.length);
  const [first, last] = [Number(low[0]), Number(high[0])];
  const rest = low.length - 1;
  if (first === last) {
    return sequence(digit(first, first), equalLengthRange(low.slice(1), high.slice(1)));
  }
  const isLowWhole = /^0*$/.test(low.slice(1));
  const isHighWhole = /^9*$/.test(high.slice(1));
  const [from, to] = [isLowWhole ? first : first + 1, isHighWhole ? last : last - 1];
  const options: Expression[] = [];
  if (!isLowWhole) {
    options.push(sequence(digit(first, first), equalLengthRange(low.slice(1), '9'.repeat(rest))));
  }
  if (from <= to) options.push(sequence(digit(from, to), repeat(digit(), rest, rest)));
  if (!isHighWhole) {
    options.push(sequence(digit(last, last), equalLengthRange('0'.repeat(rest), high.slice(1))));
  }
  return choice(options);
}

/** Decimals that are not below a minimum. */
export function atLeast({ value, exclusive }: Bound): Expression {
  if (value.units < 0n) {
    const negative = magnitudeAtMost({ value: negated(value), exclusive });
    return choice([anyMagnitude, ...negative.map((item) => sequence(text('-'), item))]);
  }
  return magnitudeAtLeast({ value, exclusive });
}

/** Decimals that are not above a maximum. */
export function atMost({ value, exclusive }: Bound): Expression {
  if (value.units < 0n || (value.units === 0n && exclusive)) {
    return sequence(text('-'), magnitudeAtLeast({ value: negated(value), exclusive }));
  }
  const options = magnitudeAtMost({ value, exclusive });
  return choice([...options, sequence(text('-'), anyMagnitude)]);
}

function magnitudeAtLeast({ value, exclusive }: Bound): Expression {
  const { whole, fraction } = split(value);
  return choice([
    sequence(text(String(whole)), fractionAtLeast(fraction, exclusive)),
    sequence(naturalRange(whole + 1n), anyFraction),
  ]);
}

/** The options, which may be none: nothing is below 0. */
function magnitudeAtMost({ value, exclusive }: Bound): Expression[] {
  const { whole, fraction } = split(value);
  const options: Expression[] = [];
  if (whole > 0n) options.push(sequence(naturalRange(0n, whole - 1n), anyFraction));
  if (fraction !== '' || !exclusive) {
    options.push(sequence(text(String(whole)), fractionAtMost(fraction, exclusive)));
  }
  return options;
}

/** `.digits` whose value is not below `fraction`; nothing stands for 0. */
function fractionAtLeast(fraction: string, exclusive: boolean): Expression {
  const more = sequence(zeros, digit(1), digits); // above 0
  if (fraction === '') return exclusive ? sequence(text('.'), more) : anyFraction;
  let rest = exclusive ? more : digits;
  for (let i = fraction.length - 1; i >= 0; i--) {
    const own = Number(fraction[i]);
    const options = [sequence(digit(own, own), rest)];
    if (own < 9) options.push(sequence(digit(own + 1), digits));
    rest = choice(options);
  }
  return sequence(text('.'), rest);
}

/** `.digits` whose value is not above `fraction`; nothing stands for 0. */
function fractionAtMost(fraction: string, exclusive: boolean): Expression {
  if (fraction === '') return optional(sequence(text('.'), digit(0, 0), zeros));
  let rest: Expression | undefined = exclusive ? undefined : zeros;
  for (let i = fraction.length - 1; i >= 0; i--) {
    const own = Number(fraction[i]);
    const options: Expression[] = i === 0 ? [] : [text('')];
    if (rest !== undefined) options.push(sequence(digit(own, own), rest));
    if (own > 0) options.push(sequence(digit(0, own - 1), digits));
    rest = choice(options);
  }
  return optional(sequence(text('.'), rest!));
}

/** The digits of a decimal that is not negative. */
function split({ units, scale }: Decimal): { whole: bigint; fraction: string } {
  const digitsOfBoth = String(units).padStart(scale + 1, '0');
  const point = digitsOfBoth.length - scale;
  return { whole: BigInt(digitsOfBoth.slice(0, point)), fraction: digitsOfBoth.slice(point) };
}

function negated({ units, scale }: Decimal): Decimal {
  return { units: -units, scale };
}
