import { storeLimits } from './limits.ts';

export interface Unstorable {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What keeps a value from coming back from JSON as it was, or `undefined`. */
export function findUnstorable(value: unknown): Unstorable | undefined {
  return findFault(value, [], { left: storeLimits.jsonValues });
}

function findFault(
  value: unknown,
  path: readonly (string | number)[],
  budget: { left: number },
): Unstorable | undefined {
  budget.left -= 1;
  if (budget.left < 0) {
    return { path: [], message: `holds more than ${storeLimits.jsonValues} values` };
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : { path, message: `is ${value}: no finite number` };
  }
  if (typeof value !== 'object' || !isPlain(value)) {
    return { path, message: `cannot be kept as JSON: it is ${nameOf(value)}` };
  }
  if (path.length === storeLimits.jsonDepth) {
    return { path, message: `is nested deeper than ${storeLimits.jsonDepth} levels` };
  }
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, element] of entries) {
    const fault = findFault(element, [...path, key], budget);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `of type ${typeof value}`;
  return `an instance of ${value.constructor.name}`;
}
