import { ConstraintError } from '../../spec/index.ts';
import { toDecimal } from './decimal.ts';
import type { SchemaDocument, SchemaNode } from './document.ts';
import type { JsonValue } from './json.ts';
import { keywordOf } from './keywords.ts';
import type { NumberFacets } from './number-facets.ts';
import type { Patterns } from './pattern.ts';
import { readShape } from './read-shape.ts';
import { anyShape, onlyType, typeOf, type ObjectPart, type Shape } from './shape.ts';

/**
 * What a value fits that the assertions of a schema refuse: one shape for each way to break one of them. The schemas
 * that it applies to the same value are not looked at.
 * @throws ConstraintError for a keyword whose opposite cannot be said.
 */
export function refusedShapes(
  document: SchemaDocument,
  patterns: Patterns,
  node: SchemaNode,
): readonly Shape[] {
  const said = readShape(document, patterns, node);
  if (said === anyShape) return [];
  const { pointer } = node;
  return [
    ...otherTypes(node, said),
    ...otherValues(patterns, said),
    ...otherNumbers(said, pointer),
    ...otherStrings(said, pointer),
    ...otherArrays(document, node, said),
    ...otherObjects(document, node, said),
  ];
}

function otherTypes(node: SchemaNode, { pointer, types }: Shape): Shape[] {
  const others = new Set([...anyShape.types].filter((type) => !types.has(type)));
  const shapes = others.size === 0 ? [] : [{ ...anyShape, pointer, types: others }];
  const written = keywordOf(node, 'type');
  const names: readonly JsonValue[] = Array.isArray(written)
    ? (written as JsonValue[])
    : [written!];
  if (!names.includes('integer') || names.includes('number')) return shapes;
  return [...shapes, onlyType('number', pointer, { excludedSteps: [toDecimal(1)] })];
}

function otherValues(patterns: Patterns, { pointer, values }: Shape): Shape[] {
  if (values === undefined) return [];
  const types = new Set(anyShape.types);
  const ofType = (type: string): readonly JsonValue[] =>
    values.filter((value) => typeOf(value) === type);
  if (ofType('null').length > 0) types.delete('null');
  const truths = ofType('boolean');
  if (truths.length > 0) types.delete('boolean');
  const rest: Shape = {
    ...anyShape,
    pointer,
    types,
    unlike: [...ofType('array'), ...ofType('object')],
    number: { excluded: ofType('number').map((value) => toDecimal(value as number)) },
    string: {
      ...anyShape.string,
      excluded: ofType('string').map((value) => patterns.ofText(value as string)),
    },
  };
  if (truths.length !== 1) return [rest];
  return [rest, { ...anyShape, pointer, types: new Set(['boolean']), values: [!truths[0]] }];
}

function otherNumbers({ number }: Shape, pointer: string): Shape[] {
  const { minimum, maximum, step } = number;
  const ways: NumberFacets[] = [];
  if (minimum) ways.push({ maximum: { value: minimum.value, exclusive: !minimum.exclusive } });
  if (maximum) ways.push({ minimum: { value: maximum.value, exclusive: !maximum.exclusive } });
  if (step) ways.push({ excludedSteps: [step] });
  return ways.map((facets) => onlyType('number', pointer, facets));
}

function otherStrings({ string }: Shape, pointer: string): Shape[] {
  const { min, max, patterns } = string;
  return [
    ...(min > 0 ? [onlyType('string', pointer, { max: min - 1 })] : []),
    ...(max < Infinity ? [onlyType('string', pointer, { min: max + 1 })] : []),
    ...patterns.map((pattern) => onlyType('string', pointer, { excluded: [pattern] })),
  ];
}

function otherArrays(document: SchemaDocument, node: SchemaNode, { array }: Shape): Shape[] {
  const { pointer } = node;
  const { min, max, parts, contains, isUnique } = array;
  if (isUnique) throw cannotNegate(pointer, 'uniqueItems', 'leave it out');
  const shapes: Shape[] = [];
  if (min > 0) shapes.push(onlyType('array', pointer, { max: min - 1 }));
  if (max < Infinity) shapes.push(onlyType('array', pointer, { min: max + 1 }));
  for (const { prefix, rest } of parts) {
    for (const [i, item] of prefix.entries()) {
      const before = Array.from({ length: i }, () => document.anything);
      const part = { prefix: [...before, document.negation(item)] };
      shapes.push(onlyType('array', pointer, { min: i + 1, parts: [part] }));
    }
    if (rest === undefined || rest.schema === true) continue;
    if (prefix.length > 0) throw cannotNegate(pointer, 'items after others', 'use items alone');
    shapes.push(
      onlyType('array', pointer, { contains: [{ node: document.negation(rest), min: 1 }] }),
    );
  }
  for (const { node: content, min: wanted } of contains) {
    if (wanted > 1) throw cannotNegate(pointer, 'minContains above 1', 'use contains alone');
    const part = { prefix: [], rest: document.negation(content) };
    shapes.push(onlyType('array', pointer, { parts: [part] }));
  }
  return shapes;
}

function otherObjects(document: SchemaDocument, node: SchemaNode, { object }: Shape): Shape[] {
  const { pointer } = node;
  const { required, min, max, names, parts } = object;
  if (names.length > 0) throw cannotNegate(pointer, 'propertyNames', 'name the properties');
  const shapes: Shape[] = required.map((name) => withoutProperty(document, pointer, name));
  if (min > 0) shapes.push(onlyType('object', pointer, { max: min - 1 }));
  if (max < Infinity) shapes.push(onlyType('object', pointer, { min: max + 1 }));
  for (const { properties, patterns, additional } of parts) {
    if (patterns.length > 0) {
      throw cannotNegate(pointer, 'patternProperties', 'name the properties');
    }
    if (additional !== undefined && additional.schema !== true) {
      const other = { beside: new Set(properties.keys()), node: document.negation(additional) };
      shapes.push(onlyType('object', pointer, { others: [other] }));
    }
    for (const [name, property] of properties) {
      if (property.schema === true) continue;
      shapes.push(
        onlyType('object', pointer, {
          required: [name],
          parts: [partOf(name, document.negation(property))],
        }),
      );
    }
  }
  return shapes;
}

/** Objects that lack a property. */
export function withoutProperty(document: SchemaDocument, pointer: string, name: string): Shape {
  return onlyType('object', pointer, { parts: [partOf(name, document.nothing)] });
}

function partOf(name: string, node: SchemaNode): ObjectPart {
  return { properties: new Map([[name, node]]), patterns: [] };
}

/** @throws ConstraintError where arrays or objects of any members would have to differ from listed ones. */
export function requireDifferent({ pointer, unlike = [] }: Shape, type: 'array' | 'object'): void {
  if (!unlike.some((value) => typeOf(value) === type)) return;
  throw cannotNegate(
    pointer,
    `enum or const with values of type ${type}`,
    'say what their members are',
  );
}

function cannotNegate(pointer: string, what: string, instead: string): ConstraintError {
  return new ConstraintError(
    pointer,
    `What is no value of the schema at ${pointer} cannot be said, as not, if and oneOf with options that overlap ` +
      `need it to be: it has ${what}. There, ${instead}.`,
  );
}
