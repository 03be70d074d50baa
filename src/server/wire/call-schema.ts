import type { JsonSchema } from '../../spec/index.ts';

/** A function that may be called, and the schema of its arguments. */
export interface CallableFunction {
  readonly name: string;
  readonly parameters: JsonSchema;
}

/** OpenAI's meaning of a function without parameters. */
export const noArguments: JsonSchema = {
  type: 'object',
  properties: {},
  additionalProperties: false,
};

/** JSON of a call of one of the functions: `{"name": …, "arguments": …}`, in this order. */
export function anyCall(functions: readonly CallableFunction[]): JsonSchema {
  return {
    anyOf: functions.map(({ name, parameters }, index) => ({
      type: 'object',
      properties: { name: { const: name }, arguments: moved(parameters, callPointer(index)) },
      required: ['name', 'arguments'],
      additionalProperties: false,
    })),
  };
}

/** Where the parameters of a function stand in {@link anyCall}. */
export function callPointer(index: number): string {
  return `#/anyOf/${index}/properties/arguments`;
}

/** Values, not schemas: what they hold refers to nothing. */
const literals: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'example', 'examples']);

/** Keywords whose keys are names, not keywords. */
const named: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
]);

/** A schema that has become part of another one, at `pointer`: its references follow it there. */
function moved(schema: JsonSchema, pointer: string): JsonSchema {
  const move = (value: unknown, isSchema: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => move(item, isSchema));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (!isSchema) return [key, move(item, true)];
      if (literals.has(key)) return [key, item];
      if (key === '$ref' && typeof item === 'string') {
        return [key, item.startsWith('#') ? pointer + item.slice(1) : item];
      }
      return [key, move(item, !named.has(key))];
    });
    return Object.fromEntries(members) as unknown;
  };
  return move(schema, true) as JsonSchema;
}
