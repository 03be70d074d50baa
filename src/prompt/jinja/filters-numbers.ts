import { indexOf, isInteger, isNumber, take } from './arguments.ts';
import { failure } from './error.ts';
import { fixed } from './format-spec.ts';
import { compareNumbers, integer, negateNumber, toFloat } from './numbers.ts';
import type { Filter, Runtime } from './runtime.ts';
import { Float, typeName, Undefined, type Arguments, type Value } from './values.ts';

type NamedFilter = readonly [string, Filter];

export const numberFilters: readonly NamedFilter[] = [
  ['int', toInt],
  ['float', toFloatFilter],
  ['abs', absolute],
  ['round', round],
];

const numeral = /^[-+]?(?:(?:\d+_)*\d+)$/;
const floating = /^[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+)(?:e[-+]?\d+)?$/i;

function toInt({ budget }: Runtime, value: Value, args: Arguments): Value {
  const [otherwise = 0, base = 10] = take('int', args, ['default', 'base']);
  if (value instanceof Undefined) throw failure(value.message);
  if (isInteger(value)) return typeof value === 'boolean' ? Number(value) : value;
  if (typeof value === 'string') {
    budget.read(value.length);
    const parsed = parseInteger(value.trim(), indexOf(base));
    if (parsed !== undefined) return parsed;
  }
  const float = floatOf(value);
  if (float === undefined || !Number.isFinite(float)) return otherwise;
  return integer(BigInt(Math.trunc(float)));
}

const prefixes: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' };

function parseInteger(text: string, base: number): number | bigint | undefined {
  if (base === 10) {
    return numeral.test(text) && text.length <= 4300
      ? integer(BigInt(text.replaceAll('_', '').replace('+', '')))
      : undefined;
  }
  const [, sign = '', digits = ''] = /^([-+]?)([^]*)$/.exec(text.toLowerCase())!;
  const prefix = prefixes[base] ?? '';
  const bare = prefix !== '' && digits.startsWith(prefix) ? digits.slice(2) : digits;
  const isDigits =
    bare !== '' && Array.from(bare).every((digit) => Number.parseInt(digit, base) >= 0);
  if (!isDigits || bare.length > 1000) return undefined;
  let value = 0n;
  for (const digit of bare) value = value * BigInt(base) + BigInt(Number.parseInt(digit, base));
  return integer(sign === '-' ? -value : value);
}

/** Python's `float(value)`; `undefined` where it has none. */
function floatOf(value: Value): number | undefined {
  if (isNumber(value)) return toFloat(value);
  if (typeof value !== 'string' || value.length > 4300) return undefined;
  const text = value.trim();
  if (floating.test(text)) return Number(text.replaceAll('_', ''));
  const special = /^([-+]?)(nan|inf|infinity)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}

function toFloatFilter(_: Runtime, value: Value, args: Arguments): Value {
  const [otherwise = new Float(0)] = take('float', args, ['default']);
  if (value instanceof Undefined) throw failure(value.message);
  const float = floatOf(value);
  return float === undefined ? otherwise : new Float(float);
}

function absolute(_: Runtime, value: Value): Value {
  if (value instanceof Undefined) throw failure(value.message);
  if (!isNumber(value)) throw failure(`bad operand type for abs(): '${typeName(value)}'`);
  if (value instanceof Float) return new Float(Math.abs(value.value));
  return compareNumbers(value, 0) < 0
    ? negateNumber(value)!
    : (negateNumber(negateNumber(value)!) ?? value);
}

function round(_: Runtime, value: Value, args: Arguments): Value {
  const [precision = 0, method = 'common'] = take('round', args, ['precision', 'method']);
  if (value instanceof Undefined) throw failure(value.message);
  if (!isNumber(value)) {
    throw failure(`type ${typeName(value)} doesn't define __round__ method`);
  }
  const digits = indexOf(precision);
  if (method === 'ceil' || method === 'floor') {
    const scale = 10 ** digits;
    return new Float(Math[method](toFloat(value) * scale) / scale);
  }
  if (method !== 'common') throw failure('method must be common, ceil or floor');
  if (isInteger(value) && digits >= 0) return typeof value === 'boolean' ? Number(value) : value;
  return isInteger(value)
    ? integer(BigInt(roundTens(Number(value), -digits)))
    : new Float(roundFloat(value.value, digits));
}

/** To even, as Python rounds. */
function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 100) return value;
  if (digits < 0) return roundTens(value, -digits);
  const rounded = Number(fixed(Math.abs(value), digits));
  return value < 0 || Object.is(value, -0) ? -rounded : rounded;
}

function roundTens(value: number, digits: number): number {
  const scale = 10 ** digits;
  const scaled = Math.abs(value) / scale;
  const floor = Math.floor(scaled);
  const isUp = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 === 1);
  return Math.sign(value) * (floor + (isUp ? 1 : 0)) * scale;
}
