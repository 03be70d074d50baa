import { z } from '@hono/zod-openapi';

import {
  checkKind,
  fromWire,
  kindSchema,
  optionRows,
  saidBy,
  type Endpoint,
  type OptionName,
} from '../../options/index.ts';
import {
  InvalidOptionError,
  samplingOptions,
  type GenerateOptions,
  type NumberRange,
  type OptionKind,
  type requestOptions,
  type SamplingOptions,
  type WirePlace,
} from '../../spec/index.ts';
import { refusedBy } from './validation.ts';

type Rows = typeof requestOptions;
type Place = WirePlace['at'];

/** Options that an endpoint's bodies say at a place. */
type OptionsOf<E extends Endpoint, At extends Place> = {
  [Option in keyof Rows]: Rows[Option]['wire'] extends { readonly at: At }
    ? Rows[Option]['wire'] extends { readonly of: infer Of }
      ? E extends Of
        ? Option
        : never
      : Option
    : never;
}[keyof Rows];

type Said<Option extends keyof Rows> = Rows[Option]['wire'] extends { readonly name: infer Name }
  ? Name & string
  : never;

type SaidToo<Option extends keyof Rows> = Rows[Option]['wire'] extends {
  readonly alias: infer Name;
}
  ? Name & string
  : never;

type ValueOf<Option> = Option extends keyof GenerateOptions ? GenerateOptions[Option] : string;

type Field<Value> = z.ZodOptional<z.ZodType<Value | null>>;

type Fields<E extends Endpoint, At extends Place> = {
  [Option in OptionsOf<E, At> as Said<Option> | SaidToo<Option>]: Field<ValueOf<Option>>;
};

/** Numbers that a server bounds more narrowly than the table. */
export type Bounds = Readonly<Partial<Record<OptionName, Partial<NumberRange>>>>;

/** The fields of every option that an endpoint's bodies say at a place, by the names that they have there. */
export function optionFields<E extends Endpoint, At extends Place>(
  endpoint: E,
  at: At,
  bounds: Bounds = {},
): Fields<E, At> {
  const fields = saidBy(endpoint, at).flatMap(({ option, place: { name, alias } }) => {
    const field = [name, optionField(option, name, bounds[option])] as const;
    if (alias === undefined) return [field];
    const description = `\`${name}\` by another name.`;
    return [field, [alias, optionField(option, alias, bounds[option], description)] as const];
  });
  return Object.fromEntries(fields) as unknown as Fields<E, At>;
}

/**
 * A field of an option's values: `null` is the same as absent, unless it is a value.
 * @param name - The field's own: what is wrong with it is said by that.
 */
export function optionField<Option extends OptionName>(
  option: Option,
  name: string,
  bounds: Partial<NumberRange> = {},
  description: string = describe(option),
): Field<ValueOf<Option>> {
  const { wire, kind: declared, default: value } = optionRows[option];
  const kind = bounded(declared, { ...wire?.bounds, ...bounds });
  const path = wire?.at === 'trimtab' ? `trimtab.${name}` : name;
  const check = (given: unknown) => {
    if (given != null && given !== wire?.zero) checkKind(kind, given, path);
  };
  return checked(check, {
    ...schemaOf(kind, wire?.zero),
    ...defaultOf(option, value),
    description,
  });
}

/** What an answer says of an option: a value that recipes and profiles have resolved. */
export function optionValue<Option extends OptionName>(
  option: Option,
): z.ZodType<Exclude<ValueOf<Option>, undefined>> {
  const { kind, isNullable, description } = optionRows[option];
  const schema = isNullable === true ? schemaOf(kind) : kindSchema(kind);
  return z.custom<Exclude<ValueOf<Option>, undefined>>().openapi({ ...schema, description });
}

/** What an answer says of a recipe's sampling. */
export function samplingValue(): z.ZodType<SamplingOptions> {
  const rows = Object.entries(samplingOptions);
  const properties = Object.fromEntries(rows.map(([name, { kind }]) => [name, kindSchema(kind)]));
  const schema: Readonly<Record<string, unknown>> = { type: 'object', properties };
  return z.custom<SamplingOptions>().openapi(schema);
}

function bounded(kind: OptionKind, bounds: Partial<NumberRange>): OptionKind {
  return 'range' in kind ? { ...kind, range: { ...kind.range, ...bounds } } : kind;
}

function checked<Value>(
  check: (given: unknown) => void,
  schema: Readonly<Record<string, unknown>>,
): Field<Value> {
  return z
    .custom<Value | null>()
    .superRefine((given, context) => {
      try {
        check(given);
      } catch (error) {
        if (!(error instanceof InvalidOptionError)) throw error;
        context.addIssue(refusedBy(error));
      }
    })
    .optional()
    .openapi(schema);
}

/** The values of a kind, or `null`. */
function schemaOf(kind: OptionKind, zero?: number): Readonly<Record<string, unknown>> {
  const schema = kindSchema(kind);
  const { type, minimum } = schema;
  return {
    ...schema,
    type: [type, 'null'].flat(),
    ...(typeof minimum === 'number' && zero !== undefined && { minimum: Math.min(minimum, zero) }),
  };
}

/** What recipes do not say has its default here. */
function defaultOf(option: OptionName, value: unknown): object {
  return value === undefined || isOfRecipes(option) ? {} : { default: value };
}

function describe(option: OptionName): string {
  const { description, default: value } = optionRows[option];
  if (!isOfRecipes(option)) return description;
  const last = typeof value === 'number' ? `, else ${value}` : '';
  return `${description} Default: the recipe's${last}.`;
}

function isOfRecipes(option: OptionName): boolean {
  return Object.hasOwn(samplingOptions, option);
}

/** @throws InvalidOptionError for an option under both of its names. */
export function readOptions(body: object, endpoint: Endpoint, at: Place): GenerateOptions {
  const said = body as Readonly<Record<string, unknown>>;
  for (const { place } of saidBy(endpoint, at)) {
    const { name, alias } = place;
    if (alias === undefined || said[name] == null || said[alias] == null) continue;
    throw new InvalidOptionError(alias, `${alias} is another name of ${name}: give one of them.`);
  }
  return fromWire(said, endpoint, at);
}
