import { InvalidOptionError, type NumberRange } from '../spec/index.ts';

/** @throws InvalidOptionError naming the option, its range and what it was given. */
export function requireNumber(option: string, value: unknown, range: NumberRange): number {
  if (isInside(value, range)) return value;
  throw new InvalidOptionError(
    option,
    `${option} must be ${describeNumbers(range)}, not ${show(value)}.`,
  );
}

function isInside(value: unknown, range: NumberRange): value is number {
  const { from, to, isAbove, isInteger, also, takesInfinity } = range;
  if (typeof value !== 'number') return false;
  if (value === also) return true;
  return (
    (isAbove === true ? value > from : value >= from) &&
    value <= to &&
    (takesInfinity === true || Number.isFinite(value)) &&
    (isInteger !== true || Number.isInteger(value))
  );
}

/** `an integer from 1 to 256`, `0 or a number from 0.5 to 1`, `a number above 0`. */
function describeNumbers(range: NumberRange): string {
  const { also, isInteger } = range;
  const beside = also === undefined ? '' : `${also} or `;
  const limits = describeLimits(range);
  if (limits === '') return `${beside}a finite number`;
  return `${beside}${isInteger === true ? 'an integer' : 'a number'} ${limits}`;
}

function describeLimits({ from, to, isAbove }: NumberRange): string {
  const most = Number.isFinite(to) ? showBound(to) : undefined;
  if (!Number.isFinite(from)) return most === undefined ? '' : `of at most ${most}`;
  if (isAbove === true) return `above ${from}${most === undefined ? '' : ` and at most ${most}`}`;
  return most === undefined
    ? `of at least ${showBound(from)}`
    : `from ${showBound(from)} to ${most}`;
}

function showBound(bound: number): string {
  if (bound === Number.MAX_SAFE_INTEGER) return '2^53 − 1';
  return bound === Number.MIN_SAFE_INTEGER ? '−(2^53 − 1)' : String(bound);
}

/** A value as a person wrote it, cut short. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
