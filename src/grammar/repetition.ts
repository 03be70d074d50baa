import { constraintLimits } from './limits.ts';
import type { PatternReader } from './pattern-reader.ts';

const countsPattern = /\{(\d+)(?:(,)(\d*))?\}/y;

/** How often something is repeated; `max` may be `Infinity`. */
export interface Counts {
  readonly min: number;
  readonly max: number;
}

const symbols: readonly (readonly [string, Counts])[] = [
  ['*', { min: 0, max: Infinity }],
  ['+', { min: 1, max: Infinity }],
  ['?', { min: 0, max: 1 }],
];

/** Takes `*`, `+`, `?`, `{m}`, `{m,}` or `{m,n}` if one comes next. @throws ConstraintError */
export function takeCounts(reader: PatternReader): Counts | undefined {
  const symbol = symbols.find(([text]) => reader.take(text));
  if (symbol !== undefined) return symbol[1];
  const { position } = reader;
  const match = reader.match(countsPattern);
  if (match === null) return undefined;
  const [, digits, comma, more] = match;
  const min = Number(digits);
  const max = comma === undefined ? min : more === '' ? Infinity : Number(more);
  const largest = max === Infinity ? min : Math.max(min, max);
  if (largest > constraintLimits.repetitions) {
    throw reader.error(
      `repeats ${largest} times, but at most ${constraintLimits.repetitions} are allowed`,
      position,
    );
  }
  if (min > max) throw reader.error(`repeats at least ${min} and at most ${max} times`, position);
  return { min, max };
}
