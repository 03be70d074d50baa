import { didYouMean } from '../faults/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { show } from './number-range.ts';

/**
 * An option that holds options of its own, e.g. from JSON.
 * @throws InvalidOptionError unless `value` is an object with no keys but the known ones.
 */
export function requireMapping(
  option: string,
  value: unknown,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new InvalidOptionError(
      option,
      `${option} must be an object with the keys ${known.join(', ')}, not ${show(value)}.`,
    );
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const name = key.slice(0, 100);
    const remedy = didYouMean(name, known) || ` Known keys: ${known.join(', ')}.`;
    throw new InvalidOptionError(`${option}.${name}`, `${option} has no key \`${name}\`.${remedy}`);
  }
  return value as Readonly<Record<string, unknown>>;
}
