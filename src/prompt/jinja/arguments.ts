import { failure } from './error.ts';
import { Float, typeName, Undefined, type Arguments, type Value } from './values.ts';

export const noArgs: Arguments = { positional: [], named: new Map() };

/**
 * The arguments of the function `name` in the order of its parameters, `undefined` where one was not
 * given. @throws JinjaError for too many, too few, or unknown ones
 */
export function take(
  name: string,
  { positional, named }: Arguments,
  parameters: readonly string[],
  required = 0,
): (Value | undefined)[] {
  if (positional.length > parameters.length) {
    throw failure(
      `${name}() takes at most ${parameters.length} arguments (${positional.length} given)`,
    );
  }
  const values: (Value | undefined)[] = parameters.map((_, i) => positional[i]);
  for (const [key, value] of named) {
    const at = parameters.indexOf(key);
    if (at < 0) throw failure(`${name}() got an unexpected keyword argument '${key}'`);
    if (values[at] !== undefined) {
      throw failure(`${name}() got multiple values for argument '${key}'`);
    }
    values[at] = value;
  }
  const missing = values.findIndex((value, i) => i < required && value === undefined);
  if (missing >= 0) {
    throw failure(`${name}() missing 1 required positional argument: '${parameters[missing]}'`);
  }
  return values;
}

/** A string. @throws JinjaError */
export function stringOf(value: Value | undefined, where: string): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) throw failure(value.message);
  throw failure(`${where} must be str, not ${typeName(value ?? null)}`);
}

/** An int that may stand for a place or a count, kept within the safe ones. @throws JinjaError */
export function indexOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') {
    return value < 0n ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
  }
  throw failure(`'${typeName(value)}' object cannot be interpreted as an integer`);
}

export function isInteger(value: Value): value is number | bigint | boolean {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
}

export function isNumber(value: Value): value is number | bigint | boolean | Float {
  return isInteger(value) || value instanceof Float;
}
