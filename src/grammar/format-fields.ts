import { didYouMean } from '../faults/index.ts';
import { ConstraintError } from '../spec/index.ts';
import { isWellFormed } from './code-points.ts';
import { constraintLimits } from './limits.ts';

/** A format of a structural tag, unchecked. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of each format, beside `type`. */
export const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  const_string: ['value'],
  token: ['token'],
  json_schema: ['json_schema', 'strict', 'style', 'any_order'],
  regex: ['pattern'],
  grammar: ['grammar'],
  any_text: ['excludes'],
  sequence: ['elements'],
  or: ['elements'],
  optional: ['content'],
  star: ['content'],
  plus: ['content'],
  repeat: ['content', 'min', 'max'],
  tag: ['begin', 'content', 'end'],
  triggered_tags: ['triggers', 'tags', 'at_least_one', 'stop_after_first', 'excludes'],
  tags_with_separator: ['tags', 'separator', 'at_least_one', 'stop_after_first'],
};

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, at: string, what: string): Fields {
  if (isObject(value)) return value;
  throw new ConstraintError(at, `${at === '' ? 'A structural tag' : at} must be ${what}.`);
}

export function unknownType(type: string, at: string): ConstraintError {
  const known = Object.keys(fieldsOf);
  const remedy = didYouMean(type, known) || ` There are ${known.join(', ')}.`;
  return new ConstraintError(
    `${at}/type`,
    `A structural tag has no format of the type ${JSON.stringify(type)}.${remedy}`,
  );
}

export function checkFields(format: Fields, known: readonly string[], at: string): void {
  const other = Object.keys(format).find((key) => !known.includes(key));
  if (other === undefined) return;
  const name = other.slice(0, 100);
  throw new ConstraintError(
    at,
    `${at === '' ? 'A structural tag' : at} has no field ${JSON.stringify(name)}.` +
      (didYouMean(name, known) || ` It has ${known.join(', ')}.`),
  );
}

export function readTextField(format: Fields, key: string, at: string): string {
  return checkText(format[key], `${at}/${key}`);
}

function checkText(value: unknown, at: string): string {
  if (typeof value !== 'string') {
    throw new ConstraintError(
      at,
      `${at} must be text: tokens are not named in structural tags here.`,
    );
  }
  if (value.length > constraintLimits.patternLength) {
    throw new ConstraintError(
      at,
      `${at} has ${value.length} characters; at most ${constraintLimits.patternLength} are allowed.`,
    );
  }
  if (!isWellFormed(value)) throw new ConstraintError(at, `${at} has half a surrogate pair.`);
  return value;
}

export function readList(format: Fields, key: string, at: string): readonly unknown[] {
  const value = format[key];
  if (Array.isArray(value) && value.length > 0) return value;
  throw new ConstraintError(`${at}/${key}`, `${at}/${key} must be a list with an element or more.`);
}

export function readTexts(
  format: Fields,
  key: string,
  at: string,
  fewest: number,
): readonly string[] {
  const value = format[key];
  if (value === undefined && fewest === 0) return [];
  const texts = fewest > 0 || !Array.isArray(value) ? readList(format, key, at) : value;
  return texts.map((each, i) => checkText(each, `${at}/${key}/${i}`));
}

export function readFlags(
  format: Fields,
  at: string,
): [atLeastOne: boolean, stopAfterFirst: boolean] {
  const read = (key: string): boolean => {
    const value = format[key] ?? false;
    if (typeof value === 'boolean') return value;
    throw new ConstraintError(`${at}/${key}`, `${at}/${key} must be true or false.`);
  };
  return [read('at_least_one'), read('stop_after_first')];
}

export function readCounts({ min, max }: Fields, at: string): { min: number; max: number } {
  const most = max === -1 ? Infinity : max;
  if (isCount(min) && isCount(most) && min <= most && min !== Infinity) return { min, max: most };
  throw new ConstraintError(at, `${at}: min and max must be counts, and max at least min, or -1.`);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && (value === Infinity || Number.isInteger(value)) && value >= 0;
}
