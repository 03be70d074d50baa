import { ConstraintError, type JsonSchema } from '../../spec/index.ts';
import type { Expression, Grammar } from '../grammar.ts';
import { acceptedValues, acceptsValue } from './acceptance.ts';
import { createSchemaReader, type Overlaps, type SchemaReader } from './alternatives.ts';
import {
  arrayExpression,
  containingExpression,
  distinctExpression,
  type ArrayLayout,
} from './arrays.ts';
import type { Conjunction } from './conjunction.ts';
import { openDocument, type SchemaDocumentOptions, type SchemaNode } from './document.ts';
import type { JsonValue } from './json.ts';
import { choice, rule, sequence, text } from './expressions.ts';
import { jsonRules } from './json-rules.ts';
import { canonicalText, literal, pair, space } from './json-value.ts';
import { itemNodes, knownNames, prefixLength, propertyNodes } from './members.ts';
import { requireDifferent } from './negation.ts';
import { numberExpression, numberName } from './numbers.ts';
import { checkOptionalProperties, countedObject, objectExpression } from './objects.ts';
import { findOverlaps } from './one-of.ts';
import { spelledTexts, unnamedProperties } from './property-names.ts';
import { createSatisfiability, type Satisfiability } from './satisfiability.ts';
import {
  anyShape,
  isAnyArray,
  isAnyObject,
  withListedValues,
  type JsonType,
  type Shape,
} from './shape.ts';
import { stringExpression, stringName } from './strings.ts';

/**
 * The JSON texts of the values that a schema accepts, properties in the order of the schema. See
 * `README.md` beside this file for what is supported and how values are written.
 * @throws ConstraintError for a schema that is malformed, asks for what is not supported, is beyond
 *   the limits, or that no value fits; its `path` is the place, as `$ref` spells it.
 */
export function compileJsonSchema(
  schema: JsonSchema,
  options: SchemaDocumentOptions = { isStrict: false },
): Grammar {
  const document = openDocument(schema, options);
  let overlaps: Overlaps = new Map();
  for (;;) {
    const reader = createSchemaReader(document, overlaps);
    const satisfiability = createSatisfiability(reader);
    const root = reader.conjunction([document.root]);
    if (!satisfiability.isSatisfiable(root)) throw satisfiability.explain(root);
    const { rules, lasting } = writeRules(reader, satisfiability, root);
    const more = [...findOverlaps(reader, satisfiability)].filter(([at]) => !overlaps.has(at));
    if (more.length === 0)
      return { root: rootName, rules, lasting, ignored: [...document.ignored] };
    overlaps = new Map([...overlaps, ...more]);
  }
}

const rootName = 'root';

/** JSON's own rules, and one for every kind of value that the schema tells apart. */
function writeRules(
  reader: SchemaReader,
  satisfiability: Satisfiability,
  root: Conjunction,
): Required<Pick<Grammar, 'rules' | 'lasting'>> {
  const rules = new Map(jsonRules);
  const lasting = new Set(jsonRules.keys());
  const names = new Map<Shape, Map<JsonType | 'values', string>>();
  const pending: { readonly name: string; readonly write: () => Expression }[] = [];

  const named = (shape: Shape, type: JsonType | 'values', write: () => Expression): Expression => {
    const ofShape = names.get(shape) ?? new Map<JsonType | 'values', string>();
    names.set(shape, ofShape);
    const known = ofShape.get(type);
    if (known !== undefined) return rule(known);
    const name = unusedName(`${shape.pointer} ${type}`);
    ofShape.set(type, name);
    rules.set(name, text('')); // until its turn, which may come after its own use
    pending.push({ name, write });
    return rule(name);
  };

  const unusedName = (wanted: string): string => {
    let name = wanted;
    for (let count = 2; rules.has(name); count++) name = `${wanted} ${count}`;
    return name;
  };

  const valueOf = (conjunction: Conjunction): Expression => {
    const options = reader.alternatives(conjunction).shapes.flatMap(optionsOf);
    return choice([...new Map(options.map((option) => [keyOf(option), option])).values()]);
  };

  const optionsOf = (shape: Shape): Expression[] => {
    if (shape === anyShape) return [rule('value')];
    if (shape.values !== undefined) {
      const values = acceptedValues(reader, shape);
      if (values.length === 0) return [];
      return [named(shape, 'values', () => choice(values.map(literal)))];
    }
    return [...shape.types]
      .filter((type) => satisfiability.isPossible(shape, type))
      .map((type) => typeExpression(shape, type));
  };

  const typeExpression = (shape: Shape, type: JsonType): Expression => {
    switch (type) {
      case 'number':
        return shared(numberName(shape.number), () =>
          numberExpression(shape.number, shared, shape.pointer),
        );
      case 'string':
        return shared(stringName(shape.string), () => stringExpression(shape.string));
      case 'array':
        requireDifferent(shape, type);
        if (isAnyArray(shape.array)) return rule('array');
        return named(shape, type, () => arrayOf(shape));
      case 'object':
        requireDifferent(shape, type);
        if (isAnyObject(shape.object)) return rule('object');
        return named(shape, type, () => objectOf(shape));
      case 'boolean':
        return rule('boolean');
      case 'null':
      default:
        return text('null');
    }
  };

  /** Numbers and strings of one kind have one rule, which their name tells. */
  const shared = (name: string, write: () => Expression): Expression => {
    if (!rules.has(name)) rules.set(name, write());
    lasting.add(name);
    return rule(name);
  };

  const layoutOf = ({ array }: Shape): ArrayLayout => {
    const length = prefixLength(array);
    const at = (index: number): Conjunction => reader.conjunction(itemNodes(array, index));
    const prefix = Array.from({ length }, (_, i) => at(i));
    const end = prefix.findIndex((item) => !satisfiability.isSatisfiable(item));
    if (end >= 0) return { prefix, min: array.min, max: Math.min(array.max, end) };
    if (satisfiability.isSatisfiable(at(length))) {
      return { prefix, rest: at(length), min: array.min, max: array.max };
    }
    return { prefix, min: array.min, max: Math.min(array.max, length) };
  };

  const arrayOf = (shape: Shape): Expression => {
    const { array, pointer } = shape;
    const { contains } = array;
    const layout = layoutOf(shape);
    if (array.isUnique && layout.max > 1) {
      const values = layout.rest && listedValues(layout.rest);
      const mayEnd = (items: readonly JsonValue[]): boolean =>
        contains.every(({ node, min }) => {
          const wanted = reader.conjunction([node]);
          return items.filter((item) => acceptsValue(reader, wanted, item)).length >= min;
        });
      return distinctExpression(layout, values, mayEnd, definer(pointer), pointer);
    }
    if (contains.length === 0) return arrayExpression(layout, valueOf);
    const content = contains.map(({ node, min }) => ({
      conjunction: reader.conjunction([...itemNodes(array, layout.prefix.length), node]),
      min,
    }));
    return containingExpression(layout, content, valueOf, pointer);
  };

  /** The only values of a conjunction, if they are listed. */
  const listedValues = (conjunction: Conjunction): readonly JsonValue[] | undefined => {
    const shapes = reader.alternatives(conjunction).shapes.flatMap(withListedValues);
    if (shapes.some(({ values }) => values === undefined)) return undefined;
    const values = shapes.flatMap((shape) => acceptedValues(reader, shape));
    return [...new Map(values.map((value) => [canonicalText(value), value])).values()];
  };

  const objectOf = ({ object, pointer }: Shape): Expression => {
    const { required, others } = object;
    const nameSchema = object.names.length === 0 ? null : reader.conjunction(object.names);
    const known = knownNames(object);
    checkOptionalProperties(known.length - required.length, pointer);
    const fitting = known.filter(
      (name) => nameSchema === null || acceptsValue(reader, nameSchema, name),
    );
    const isRequired = (name: string): boolean => required.includes(name);
    const valueIn = (nodes: readonly SchemaNode[]): Expression | null => {
      const value = reader.conjunction(nodes);
      return satisfiability.isSatisfiable(value) ? valueOf(value) : null;
    };
    const member = (name: string, more: readonly SchemaNode[] = []): Expression | null => {
      const value = valueIn([...propertyNodes(object, name), ...more]);
      return value && pair(name, value);
    };
    const allowed = nameSchema === null ? undefined : spelledTexts(reader, nameSchema);
    const kinds = unnamedProperties(object, pointer, allowed);
    const unnamed = (more: readonly SchemaNode[] = []): Expression | null => {
      const options = kinds.flatMap(({ name, nodes }) => {
        const value = valueIn([...nodes, ...more]);
        return value === null ? [] : [sequence(name, text(':'), space, value)];
      });
      return options.length === 0 ? null : choice(options);
    };

    const [other] = others;
    const min = object.min > required.length ? object.min : 0;
    const isCounted = min > 0 || object.max < Infinity;
    if (other === undefined && !isCounted) {
      const members = fitting.flatMap((name) => {
        const expression = member(name);
        return expression === null ? [] : [{ expression, isRequired: isRequired(name) }];
      });
      return objectExpression(members, unnamed() ?? undefined);
    }
    if (others.length > 1 || (other !== undefined && isCounted)) {
      throw new ConstraintError(
        pointer,
        `At ${pointer} more than one thing would have to be counted of an object's properties: how many there are, or ` +
          'that one is there which an option of not, if or oneOf does not have. Name the properties that tell them apart.',
      );
    }
    const isCountedName = (name: string): boolean => !(other?.beside.has(name) === true);
    const more = other === undefined ? [] : [other.node];
    const members = fitting.flatMap((name) => {
      const counted = isCountedName(name) ? member(name, more) : null;
      const plain = other === undefined ? null : member(name);
      if (counted === null && plain === null) return [];
      return { counted, plain, isRequired: isRequired(name) };
    });
    const additional = { counted: unnamed(more), plain: other === undefined ? null : unnamed() };
    const count = other === undefined ? { min, max: object.max } : { min: 1, max: Infinity };
    return countedObject(members, additional, count, definer(pointer), pointer);
  };

  /** Names rules of one value, each by what it is for. */
  const definer = (pointer: string) => {
    const own = new Map<string, string>();
    return (purpose: string, write: () => Expression): Expression => {
      const known = own.get(purpose);
      if (known !== undefined) return rule(known);
      const name = unusedName(`${pointer} ${purpose}`);
      own.set(purpose, name);
      rules.set(name, text('')); // it may be used while it is written
      rules.set(name, write());
      return rule(name);
    };
  };

  rules.set(rootName, valueOf(root));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    rules.set(next.name, next.write());
  }
  return { rules, lasting };
}

function keyOf(expression: Expression): string {
  return expression.kind === 'rule' ? `rule ${expression.name}` : JSON.stringify(expression);
}
