import { isInteger, isNumber } from './arguments.ts';
import type { BinaryOperator } from './ast.ts';
import type { Budget } from './budget.ts';
import { failure, type JinjaError } from './error.ts';
import { Float, type Value } from './values.ts';

type Integer = number | bigint | boolean;
export type PyNumber = Integer | Float;

/** Bits of an int: Python writes no longer ones (4,300 digits) as text either. */
const maxBits = 14_280;

/** An int in the form that values have. */
export function integer(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

export function toFloat(value: PyNumber): number {
  if (value instanceof Float) return value.value;
  const float = Number(value);
  if (!Number.isFinite(float)) throw failure('int too large to convert to float');
  return float;
}

/** Two numbers through an arithmetic operator. @throws JinjaError */
export function arithmetic(
  operator: BinaryOperator,
  left: PyNumber,
  right: PyNumber,
  budget: Budget,
): Value {
  if (isInteger(left) && isInteger(right) && operator !== '/') {
    const negativePower = operator === '**' && Number(right) < 0;
    if (!negativePower) return integerArithmetic(operator, left, right, budget);
  }
  return floatArithmetic(operator, left, right);
}

function integerArithmetic(
  operator: BinaryOperator,
  left: Integer,
  right: Integer,
  budget: Budget,
): Value {
  if (typeof left !== 'bigint' && typeof right !== 'bigint') {
    const small = smallArithmetic(operator, Number(left), Number(right));
    if (small !== undefined && Number.isSafeInteger(small)) return small === 0 ? 0 : small;
  }
  return integer(bigArithmetic(operator, BigInt(left), BigInt(right), budget));
}

function smallArithmetic(operator: BinaryOperator, a: number, b: number): number | undefined {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  if (operator === '//' || operator === '%') {
    if (b === 0) throw divisionByZero(operator);
    const rest = modulo(a, b);
    return operator === '%' ? rest : (a - rest) / b;
  }
  return undefined;
}

function bigArithmetic(operator: BinaryOperator, a: bigint, b: bigint, budget: Budget): bigint {
  budget.read(256);
  if (operator === '+') return bounded(a + b);
  if (operator === '-') return bounded(a - b);
  if (operator === '*') return bounded(a * b);
  if (operator === '**') return bigPower(a, b);
  if (b === 0n) throw divisionByZero(operator);
  const rest = ((a % b) + b) % b;
  return operator === '%' ? rest : (a - rest) / b;
}

function bigPower(base: bigint, exponent: bigint): bigint {
  const bits = BigInt(bitLength(base));
  const isUnit = base === 0n || base === 1n || base === -1n;
  if (!isUnit && (bits - 1n) * exponent > BigInt(maxBits)) throw tooLarge();
  return isUnit ? base ** (exponent === 0n ? 0n : 2n - (exponent % 2n)) : bounded(base ** exponent);
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length;
}

function bounded(value: bigint): bigint {
  if (value >> BigInt(maxBits) === 0n || value >> BigInt(maxBits) === -1n) return value;
  throw tooLarge();
}

function divisionByZero(operator: BinaryOperator): JinjaError {
  return failure(
    operator === '%' ? 'integer modulo by zero' : 'integer division or modulo by zero',
  );
}

function tooLarge(): JinjaError {
  return failure(`an integer of more than ${maxBits} bits is too large`);
}

function floatArithmetic(operator: BinaryOperator, left: PyNumber, right: PyNumber): Value {
  const [a, b] = [toFloat(left), toFloat(right)];
  if (operator === '+') return new Float(a + b);
  if (operator === '-') return new Float(a - b);
  if (operator === '*') return new Float(a * b);
  if (operator === '**') return new Float(floatPower(a, b));
  if (b === 0) {
    const what = {
      '/': isInteger(left) && isInteger(right) ? 'division by zero' : 'float division by zero',
      '//': 'float floor division by zero',
      '%': 'float modulo',
    };
    throw failure(what[operator]);
  }
  if (operator === '/') return new Float(a / b);
  const rest = modulo(a, b);
  return new Float(operator === '%' ? rest : Math.round((a - rest) / b));
}

function floatPower(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) {
    throw failure('0.0 cannot be raised to a negative power');
  }
  if (base < 0 && !Number.isInteger(exponent)) throw failure('complex numbers are not supported');
  const power = base ** exponent;
  if (!Number.isFinite(power) && Number.isFinite(base)) throw failure('Result too large');
  return power;
}

/** With the sign of the divisor, as in Python. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** `-1`, `0` or `1`; `NaN` where one is not a number. */
export function compareNumbers(left: PyNumber, right: PyNumber): number {
  const a = left instanceof Float ? left.value : left;
  const b = right instanceof Float ? right.value : right;
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
}

export function negateNumber(value: Value): Value | undefined {
  if (value instanceof Float) return new Float(-value.value);
  if (typeof value === 'bigint') return integer(-value);
  if (isNumber(value)) return Number(value) === 0 ? 0 : -Number(value);
  return undefined;
}

/** Python's `repr` of a float: the shortest digits that read back as it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) return `${mantissa}e${exponentText(exponent)}`;
  const sign = value < 0 ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** `-05`, `+16`: of at least two digits. */
export function exponentText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
