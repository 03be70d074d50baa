import { z } from '@hono/zod-openapi';

import {
  InvalidOptionError,
  type Constraint,
  type GenerateOptions,
  type JsonSchema,
} from '../../spec/index.ts';
import { boundedArray, checkedBy, strictObject, wellFormedText, type Fault } from './validation.ts';

/** A constraint that a request asks for. */
export interface RequestedConstraint {
  readonly constraint: Constraint;
  /** The parameter that asks for it. */
  readonly place: string;
  /** The parameter at fault where a {@link ConstraintError} has this path. */
  paramOf(path: string): string;
}

/** As deep as any schema that compiles. What is deeper could not be sent to the engine. */
const deepestSchema = 256;

/** As many as a choice may have. */
const mostChoices = 10_000;

/** A JSON schema whose keywords are not looked at yet. */
export const jsonSchema = checkedBy<JsonSchema>(findSchemaFault).openapi({
  type: ['object', 'boolean'],
  description: 'A JSON schema.',
});

const tooDeepSchema = `nests deeper than ${deepestSchema} levels.`;

const isShallow = (value: unknown): boolean => !isDeeperThan(deepestSchema, value);

/** As many as there may be tools. */
const mostStructures = 128;

const choice = boundedArray(wellFormedText, mostChoices);

const anyObject: JsonSchema = { type: 'object' };

/** xgrammar's `format`, or vLLM's older `structures` and `triggers`. What they hold is the compiler's to check. */
export const structuralTag = strictObject({
  type: z.literal('structural_tag'),
  format: z.looseObject({ type: z.string() }).refine(isShallow, tooDeepSchema).nullish(),
  structures: boundedArray(
    strictObject({
      begin: wellFormedText,
      schema: jsonSchema.nullish(),
      end: wellFormedText,
    }),
    mostStructures,
  ).nullish(),
  triggers: boundedArray(wellFormedText, mostStructures).nullish(),
}).superRefine(({ format, structures, triggers }, context) => {
  const isOlder = structures != null && triggers != null;
  const isOne = format == null ? isOlder : structures == null && triggers == null;
  if (!isOne) context.addIssue('must have format, or structures and triggers.');
});

/** Of `strict`, where OpenAI has it. */
export const strictMeaning =
  'Every answer fits its schema. With true, what JSON Schema does not know is refused and not ignored.';

/** How OpenAI gives a schema. */
export const schemaFields = {
  schema: jsonSchema,
  name: z.string().nullish(),
  description: z.string().nullish(),
  strict: z.boolean().nullish().openapi({ description: strictMeaning }),
};

const responseFormat = z
  .discriminatedUnion(
    'type',
    [
      strictObject({ type: z.literal('text') }),
      strictObject({ type: z.literal('json_object'), schema: jsonSchema.default(anyObject) }),
      strictObject({
        type: z.literal('json_schema'),
        json_schema: strictObject(schemaFields),
      }),
      structuralTag,
    ],
    { error: ({ code }) => (code === 'invalid_union' ? unknownFormat : undefined) },
  )
  .openapi({ description: 'What the answer must be: JSON, of a schema or any object.' });

/** Of a `type` that is none. */
export const unknownFormat = 'must be "text", "json_object", "json_schema" or "structural_tag".';

const structuredOutputs = strictObject({
  json: jsonSchema.nullish(),
  regex: wellFormedText.nullish(),
  choice: choice.nullish(),
  grammar: wellFormedText.nullish(),
}).refine(
  (given) => Object.values(given).some((value) => value != null),
  'must have json, regex, choice or grammar.',
);

/** Parameters that say what an answer must be: OpenAI's, vLLM's and llama-server's. */
export const constraintFields = {
  response_format: responseFormat.nullish(),
  structured_outputs: structuredOutputs.nullish(),
  json_schema: jsonSchema.nullish(),
  grammar: wellFormedText.nullish(),
  regex: wellFormedText.nullish(),
  choice: choice.nullish(),
  guided_json: jsonSchema.nullish(),
  guided_grammar: wellFormedText.nullish(),
  guided_regex: wellFormedText.nullish(),
  guided_choice: choice.nullish(),
};

/** Where in a body a constraint can stand, and its kind. */
const places = {
  'response_format.schema': 'jsonSchema',
  'response_format.json_schema.schema': 'jsonSchema',
  'structured_outputs.json': 'jsonSchema',
  'structured_outputs.regex': 'regex',
  'structured_outputs.choice': 'choice',
  'structured_outputs.grammar': 'grammar',
  json_schema: 'jsonSchema',
  grammar: 'grammar',
  regex: 'regex',
  choice: 'choice',
  guided_json: 'jsonSchema',
  guided_grammar: 'grammar',
  guided_regex: 'regex',
  guided_choice: 'choice',
} as const;

const constraintShape = z.object(constraintFields);

export type ConstraintBody = z.output<typeof constraintShape>;

/** @throws InvalidOptionError for more than one. */
export function findConstraint(body: ConstraintBody): RequestedConstraint | undefined {
  const found = Object.entries(places).flatMap(([place, kind]) => {
    const value = valueAt(body, place);
    if (value == null) return [];
    const isStrict = valueAt(body, place.replace(/\w+$/, 'strict')) === true;
    const constraint = { [kind]: value, ...(isStrict && { strict: true }) };
    return [{ place, constraint: constraint as unknown as Constraint }];
  });
  const [first, second] = found;
  const tag = findStructuralTag(body);
  if (first === undefined) return tag;
  const other = second ?? tag;
  if (other !== undefined) throw twoConstraints(first.place, other.place);
  return { ...first, paramOf: (path) => paramAt(first.place, path) };
}

function findStructuralTag({
  response_format: asked,
}: ConstraintBody): RequestedConstraint | undefined {
  if (asked?.type !== 'structural_tag') return undefined;
  if (asked.format != null) {
    const place = 'response_format.format';
    const constraint = { structuralTag: asked.format };
    return { place, constraint, paramOf: (path) => paramAt(place, path) };
  }
  const tags = asked.structures!.map(({ begin, schema, end }) => ({
    begin,
    content: { type: 'json_schema', json_schema: schema ?? anyObject },
    end,
  }));
  return {
    place: 'response_format.structures',
    constraint: { structuralTag: { type: 'triggered_tags', triggers: asked.triggers, tags } },
    paramOf: toOlderParam,
  };
}

/** `/tags/0/content/json_schema/type` is `response_format.structures/0/schema/type`. */
function toOlderParam(path: string): string {
  const older = path
    .replace(/^\/tags\b/, '/structures')
    .replace(/^(\/structures\/\d+)\/content\/json_schema\b/, '$1/schema');
  return `response_format${older.replace('/', '.')}`;
}

/** The engine's option: what is asked for; anything for `{"type": "text"}`; else the recipe's own. */
export function toConstraintOption(
  body: ConstraintBody,
  requested: RequestedConstraint | undefined,
): Pick<GenerateOptions, 'constraint'> {
  if (requested !== undefined) return { constraint: requested.constraint };
  return body.response_format?.type === 'text' ? { constraint: null } : {};
}

export function twoConstraints(first: string, second: string): InvalidOptionError {
  return new InvalidOptionError(
    second,
    `${first} and ${second} both say what the answer must be: give one of them.`,
  );
}

/** `regex`, or with a JSON pointer `json_schema/properties/name`. An offset is in the message. */
function paramAt(place: string, path: string): string {
  const pointer = path.replace(/^#/, '');
  return pointer.startsWith('/') ? place + pointer : place;
}

function valueAt(body: object, place: string): unknown {
  return place
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], body);
}

function findSchemaFault(value: unknown): Fault | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject && typeof value !== 'boolean') {
    return { path: [], message: 'must be a JSON schema: an object, true or false.' };
  }
  return isShallow(value) ? undefined : { path: [], message: tooDeepSchema };
}

/** Level by level: recursion would end where the stack does. */
function isDeeperThan(most: number, value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= most && level.length > 0; depth++) {
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    );
  }
  return level.length > 0;
}
