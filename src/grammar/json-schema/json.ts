export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What a value has under a name, or at an index; `undefined` where it has nothing. */
export function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(key)) return undefined;
  return (value as { readonly [name: string]: JsonValue })[key];
}

/**
 * The names that a JSON pointer consists of.
 * @param decode - Of each, before `~1` and `~0` are read: a URI's fragment has percent escapes.
 * @see RFC 6901, section 6
 */
export function stepsOf(pointer: string, decode = (step: string): string => step): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => decode(step).replaceAll('~1', '/').replaceAll('~0', '~'));
}
