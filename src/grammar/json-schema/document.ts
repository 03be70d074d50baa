import { ConstraintError, type JsonSchema } from '../../spec/index.ts';
import { schemaLimits } from './limits.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A schema of the document. Every place has one node, however it is reached. */
export interface SchemaNode {
  /** Unique in its document. */
  readonly id: number;
  /** Where it stands: `#/properties/name`. */
  readonly pointer: string;
  readonly schema: boolean | SchemaObject;
}

export type SchemaObject = { readonly [keyword: string]: JsonValue };

/** A checked schema, and the places in it. */
export interface SchemaDocument {
  readonly root: SchemaNode;
  /** The schema at a path below another. @throws ConstraintError if what stands there is no schema. */
  child(node: SchemaNode, ...path: readonly (string | number)[]): SchemaNode;
  /** What `$ref` in `node` refers to. @throws ConstraintError if it leads nowhere, or outside. */
  target(node: SchemaNode, ref: JsonValue): SchemaNode;
}

/** @throws ConstraintError if the schema is no JSON, or beyond the limits. */
export function openDocument(schema: JsonSchema): SchemaDocument {
  checkJson(schema);
  const nodes = new Map<string, SchemaNode>();
  const nodeAt = (pointer: string, value: JsonValue | undefined): SchemaNode => {
    const known = nodes.get(pointer);
    if (known !== undefined) return known;
    const node = { id: nodes.size, pointer, schema: toSchema(pointer, value) };
    nodes.set(pointer, node);
    return node;
  };
  const root = nodeAt('#', schema as JsonValue);
  return {
    root,
    child: (node, ...path) => {
      let value: JsonValue | undefined = node.schema;
      for (const key of path) value = member(value, String(key));
      return nodeAt(pointerTo(node.pointer, ...path), value);
    },
    target: (node, ref) => {
      const path = parseReference(pointerTo(node.pointer, '$ref'), ref);
      let value: JsonValue | undefined = root.schema;
      for (const key of path) value = member(value, key);
      if (value === undefined) {
        throw new ConstraintError(
          pointerTo(node.pointer, '$ref'),
          `$ref ${JSON.stringify(ref)} at ${node.pointer} leads nowhere: the schema has no such place.`,
        );
      }
      return nodeAt(pointerTo('#', ...path), value);
    },
  };
}

/** A place below another, as `$ref` spells it: `~` is written `~0`, `/` is written `~1`. */
export function pointerTo(pointer: string, ...path: readonly (string | number)[]): string {
  const steps = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return pointer + steps.join('');
}

function parseReference(place: string, ref: JsonValue): string[] {
  if (typeof ref !== 'string' || !/^#(?:\/|$)/.test(ref)) {
    throw new ConstraintError(
      place,
      `$ref at ${place} is ${JSON.stringify(ref)}. Only places in the schema itself can be referred ` +
        'to, by a JSON pointer such as "#/$defs/name".',
    );
  }
  const steps = ref.split('/').slice(1);
  try {
    return steps.map((step) =>
      decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'),
    );
  } catch (cause) {
    throw new ConstraintError(
      place,
      `$ref ${JSON.stringify(ref)} at ${place} has a malformed percent escape.`,
      { cause },
    );
  }
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(key)) return undefined;
  return (value as SchemaObject)[key];
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
