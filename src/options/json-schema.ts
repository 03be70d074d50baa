import type { NumberField, NumberRange, OptionKind } from '../spec/index.ts';

type ValueSchema = Readonly<Record<string, unknown>>;

/** A JSON Schema of an option's values, for OpenAPI; what it cannot say is refused all the same. */
export function kindSchema(kind: OptionKind): ValueSchema {
  switch (kind.is) {
    case 'number':
      return rangeSchema(kind.range);
    case 'boolean':
      return { type: 'boolean' };
    case 'text':
      return textSchema(kind.longest);
    case 'choice':
      return { type: 'string', enum: kind.of };
    case 'texts': {
      const text = { ...textSchema(kind.longest), minLength: 1 };
      return { ...text, type: ['string', 'array'], items: text, maxItems: kind.most };
    }
    case 'names':
      return { type: 'array', items: textSchema(kind.longest), maxItems: kind.most };
    case 'numbers':
      return {
        type: 'object',
        additionalProperties: rangeSchema(kind.range),
        ...(kind.by === 'token id' && { maxProperties: kind.most }),
      };
    case 'fields':
      return {
        type: 'object',
        properties: fieldSchemas(kind.fields),
        additionalProperties: false,
        minProperties: 1,
      };
    case 'method':
      return {
        type: 'object',
        properties: {
          method: { type: 'string', enum: Object.keys(kind.methods) },
          ...fieldSchemas(methodFields(kind)),
        },
        required: ['method'],
        additionalProperties: false,
      };
    case 'schedules':
      return { type: 'object', additionalProperties: scheduleSchema(kind) };
    case 'constraint':
    case 'prepared':
    case 'signal':
    default:
      return { type: 'object' };
  }
}

function scheduleSchema({
  match,
  junctions: { description, range },
}: Extract<OptionKind, { readonly is: 'schedules' }>): ValueSchema {
  return {
    type: ['object', 'null'],
    properties: {
      match: { type: 'string', enum: match },
      junctions: { anyOf: [rangeSchema(range), { const: true }], description },
    },
    additionalProperties: false,
    minProperties: 1,
  };
}

function textSchema(longest: number): ValueSchema {
  return { type: 'string', ...(Number.isFinite(longest) && { maxLength: longest }) };
}

/** The bounds of a number, as JSON Schema says them. */
export function rangeSchema({ from, to, isAbove, isInteger, also }: NumberRange): ValueSchema {
  const least = also === undefined ? from : Math.min(also, from);
  return {
    type: isInteger === true ? 'integer' : 'number',
    ...(Number.isFinite(least) && { [isAbove === true ? 'exclusiveMinimum' : 'minimum']: least }),
    ...(Number.isFinite(to) && { maximum: to }),
  };
}

function fieldSchemas(fields: Readonly<Record<string, NumberField>>): ValueSchema {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { description, range }]) => [
      name,
      { ...rangeSchema(range), description },
    ]),
  );
}

type MethodKind = Extract<OptionKind, { readonly is: 'method' }>;

type EveryKey<Value> = Value extends unknown ? keyof Value & string : never;

/** The numbers of all methods by name, each saying whose it is, and its default. */
export function methodFields<Kind extends MethodKind>({
  methods,
}: Kind): Record<EveryKey<Kind['methods'][keyof Kind['methods']]>, NumberField> {
  const fields = new Map(Object.values(methods).flatMap((own) => Object.entries(own)));
  const described = [...fields].map(([name, field]): [string, NumberField] => {
    const owners = Object.keys(methods).filter((method) => name in methods[method]!);
    return [name, { ...field, description: `${owners.join(', ')}: ${describeField(field)}` }];
  });
  return Object.fromEntries(described) as Record<
    EveryKey<Kind['methods'][keyof Kind['methods']]>,
    NumberField
  >;
}

function describeField({ description, range: { to }, default: value }: NumberField): string {
  return `${description}; ${value} by default${Number.isFinite(to) ? `, at most ${to}` : ''}.`;
}
