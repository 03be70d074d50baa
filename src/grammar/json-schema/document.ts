import { ConstraintError, type JsonSchema } from '../../spec/index.ts';
import { findIdentified, readIdentifiers, type Identifiers } from './identifiers.ts';
import { member, stepsOf, type JsonValue } from './json.ts';
import { schemaLimits } from './limits.ts';

/** A schema of the document, or what it refuses. Every place has one node of each, however it is reached. */
export interface SchemaNode {
  /** Unique in its document. */
  readonly id: number;
  /** Where it stands: `#/properties/name`. */
  readonly pointer: string;
  readonly schema: boolean | SchemaObject;
  /** Whether exactly the values fit that the schema refuses. */
  readonly isNegated: boolean;
}

export type SchemaObject = { readonly [keyword: string]: JsonValue };

export interface SchemaDocumentOptions {
  /** Whether what asks nothing by the standard, and may have been meant to, is refused. */
  readonly isStrict: boolean;
}

/** A checked schema, and the places in it. */
export interface SchemaDocument {
  readonly root: SchemaNode;
  /** The schema that any value fits, and the one that none does. */
  readonly anything: SchemaNode;
  readonly nothing: SchemaNode;
  /** The schema at a path below another. @throws ConstraintError if what stands there is no schema. */
  child(node: SchemaNode, ...path: readonly (string | number)[]): SchemaNode;
  /** What the values fit that a node's do not. */
  negation(node: SchemaNode): SchemaNode;
  /** What `$ref` in `node` refers to. @throws ConstraintError if it leads nowhere, or outside. */
  target(node: SchemaNode, ref: JsonValue): SchemaNode;
  /** Notes that what stands at a place asks nothing. @param what - A sentence. @throws ConstraintError if strict. */
  ignore(place: string, what: string): void;
  /** The places noted so far. */
  readonly ignored: ReadonlySet<string>;
}

/** @throws ConstraintError if the schema is no JSON, or beyond the limits. */
export function openDocument(
  schema: JsonSchema,
  { isStrict }: SchemaDocumentOptions,
): SchemaDocument {
  checkJson(schema);
  const nodes = new Map<string, SchemaNode>();
  const ignored = new Set<string>();
  let identifiers: Identifiers | undefined; // most schemas have none that is used
  const nodeAt = (pointer: string, value: JsonValue | undefined, isNegated = false): SchemaNode => {
    const key = isNegated ? `not ${pointer}` : pointer;
    const known = nodes.get(key);
    if (known !== undefined) return known;
    const node = { id: nodes.size, pointer, schema: toSchema(pointer, value), isNegated };
    nodes.set(key, node);
    return node;
  };
  const root = nodeAt('#', schema as JsonValue);
  const pathOf = (node: SchemaNode, ref: string): readonly string[] | undefined => {
    const own = parseReference(pointerTo(node.pointer, '$ref'), ref);
    identifiers ??= readIdentifiers(root.schema);
    const named = findIdentified(identifiers, stepsOf(node.pointer), ref);
    // Before draft 6 an `id` was a name, since then it is an annotation.
    return [named, own].find((path) => path && valueAt(root.schema, path) !== undefined);
  };
  return {
    root,
    anything: nodeAt('#anything', true),
    nothing: nodeAt('#nothing', false),
    child: (node, ...path) =>
      nodeAt(pointerTo(node.pointer, ...path), valueAt(node.schema, path.map(String))),
    negation: ({ pointer, schema: negated, isNegated }) => nodeAt(pointer, negated, !isNegated),
    target: (node, ref) => {
      const place = pointerTo(node.pointer, '$ref');
      if (typeof ref !== 'string') {
        throw new ConstraintError(place, `$ref at ${place} is ${JSON.stringify(ref)}, no text.`);
      }
      const path = pathOf(node, ref);
      if (path === undefined) {
        throw new ConstraintError(
          place,
          `$ref ${JSON.stringify(ref)} at ${node.pointer} leads nowhere: only places in the schema itself can be ` +
            'referred to, by a JSON pointer such as "#/$defs/name", an $anchor or an $id. Nothing is fetched.',
        );
      }
      return nodeAt(pointerTo('#', ...path), valueAt(root.schema, path));
    },
    ignored,
    ignore: (place, what) => {
      if (isStrict) {
        throw new ConstraintError(place, `${what} A strict schema may not have it: remove it.`);
      }
      ignored.add(place);
    },
  };
}

/** A place below another, as `$ref` spells it: `~` is written `~0`, `/` is written `~1`. */
export function pointerTo(pointer: string, ...path: readonly (string | number)[]): string {
  const steps = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return pointer + steps.join('');
}

/** The path of a JSON pointer; `undefined` of any other reference. @throws ConstraintError */
function parseReference(place: string, ref: string): string[] | undefined {
  if (!/^#(?:\/|$)/.test(ref)) return undefined;
  try {
    return stepsOf(ref, decodeURIComponent);
  } catch (cause) {
    throw new ConstraintError(
      place,
      `$ref ${JSON.stringify(ref)} at ${place} has a malformed percent escape.`,
      { cause },
    );
  }
}

function valueAt(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(member, value);
}

function toSchema(pointer: string, value: JsonValue | undefined): boolean | SchemaObject {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as SchemaObject;
  }
  throw new ConstraintError(
    pointer,
    `What stands at ${pointer} is no schema: it must be an object, true or false.`,
  );
}

/** Refuses what JSON cannot write, and what is deeper, larger or longer than the limits. */
function checkJson(schema: unknown): void {
  const ancestors = new Set<object>();
  let nodes = 0;
  let characters = 0;
  const check = (value: unknown, pointer: () => string): void => {
    if (++nodes > schemaLimits.nodes) refuse(`has more than ${schemaLimits.nodes} values`);
    if (typeof value === 'string') count(value);
    else if (typeof value === 'object' && value !== null) checkMembers(value, pointer);
    else if (typeof value !== 'boolean' && value !== null && !Number.isFinite(value)) {
      throw new ConstraintError(
        pointer(),
        `The schema holds a value that JSON cannot write, ${describe(value)}, at ${pointer()}.`,
      );
    }
  };
  const checkMembers = (value: object, pointer: () => string): void => {
    if (ancestors.has(value)) refuse(`contains itself, at ${pointer()}; use $ref for recursion`);
    if (ancestors.size >= schemaLimits.depth)
      refuse(`nests deeper than ${schemaLimits.depth} levels`);
    if (!isPlain(value)) {
      throw new ConstraintError(
        pointer(),
        `The schema holds an object that is no plain JSON at ${pointer()}.`,
      );
    }
    ancestors.add(value);
    const members = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, item] of members) {
      count(String(key));
      check(item, () => pointerTo(pointer(), key));
    }
    ancestors.delete(value);
  };
  const count = (string: string): void => {
    characters += string.length;
    if (characters > schemaLimits.characters)
      refuse(`has more than ${schemaLimits.characters} characters`);
  };
  check(schema, () => '#');
}

function refuse(fault: string): never {
  throw new ConstraintError('#', `The schema ${fault}.`);
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : `of type ${typeof value}`;
}
