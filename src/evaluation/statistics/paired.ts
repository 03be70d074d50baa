import { InvalidOptionError } from '../../spec/index.ts';

/**
 * @throws InvalidOptionError unless both systems have finite values of the same number of items, at
 *   least one.
 */
export function requirePaired(a: readonly number[], b: readonly number[]): void {
  if (a.length !== b.length || a.length === 0) {
    throw new InvalidOptionError(
      'b',
      `Paired values are one per item of each system, not ${a.length} and ${b.length}: ` +
        'compare systems on the items that both have answered.',
    );
  }
  for (const [name, values] of Object.entries({ a, b })) {
    const i = values.findIndex((value) => !Number.isFinite(value));
    if (i < 0) continue;
    throw new InvalidOptionError(
      `${name}[${i}]`,
      `${name}[${i}] must be a finite number, not ${values[i]}.`,
    );
  }
}
