import { InvalidOptionError } from '../spec/index.ts';

/** Which numbers an option may be; always finite. */
export interface NumberRange {
  readonly min: number;
  /** `Infinity` where there is no limit. */
  readonly max: number;
  /** Whether `min` itself is out of range. */
  readonly isAbove?: true;
  readonly isWhole?: true;
}

/** @throws InvalidOptionError naming the option, its range and what it was given. */
export function requireNumber(option: string, value: unknown, range: NumberRange): number {
  const { min, max, isAbove, isWhole } = range;
  const isInside =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (isAbove === true ? value > min : value >= min) &&
    value <= max &&
    (isWhole !== true || Number.isInteger(value));
  if (isInside) return value;
  throw new InvalidOptionError(
    option,
    `${option} must be ${describeNumbers(range)}, not ${String(value)}.`,
  );
}

/** `a whole number from 1 to 256`. */
function describeNumbers({ min, max, isAbove, isWhole }: NumberRange): string {
  const what = isWhole === true ? 'a whole number' : 'a number';
  if (isAbove === true)
    return max === Infinity ? `${what} above ${min}` : `${what} above ${min} and at most ${max}`;
  if (max === Infinity) return min === -Infinity ? 'a finite number' : `${what} of at least ${min}`;
  return `${what} from ${min} to ${max}`;
}
