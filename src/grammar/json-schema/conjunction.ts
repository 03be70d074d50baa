import type { SchemaDocument, SchemaNode } from './document.ts';
import { isAnnotation } from './keywords.ts';
import { schemaLimits } from './limits.ts';
import { ConstraintError } from '../../spec/index.ts';

/** Schemas that one value must fit at once. Equal sets have equal keys; the empty set is any value. */
export interface Conjunction {
  readonly key: string;
  readonly nodes: readonly SchemaNode[];
}

/** `true` asks for nothing, and a lone `$ref` is what it refers to. */
export function createConjunction(
  document: SchemaDocument,
  nodes: readonly SchemaNode[],
): Conjunction {
  const distinct = new Set(
    nodes
      .map((node) => followReferences(document, node))
      .filter(({ schema, isNegated }) => schema !== !isNegated),
  );
  const key = Array.from(distinct, ({ id }) => id)
    .toSorted((a, b) => a - b)
    .join(',');
  return { key, nodes: [...distinct] };
}

function followReferences(document: SchemaDocument, node: SchemaNode): SchemaNode {
  let target = node;
  for (let steps = 0; steps <= schemaLimits.references; steps++) {
    const ref = loneReference(target);
    if (ref === undefined) return target;
    const next = document.target(target, ref);
    target = target.isNegated ? document.negation(next) : next;
  }
  throw new ConstraintError(
    node.pointer,
    `$ref at ${node.pointer} leads through more than ${schemaLimits.references} references, or in a circle.`,
  );
}

function loneReference({ schema }: SchemaNode) {
  if (typeof schema === 'boolean' || !Object.hasOwn(schema, '$ref')) return undefined;
  const isLone = Object.keys(schema).every(
    (keyword) => keyword === '$ref' || isAnnotation(keyword),
  );
  return isLone ? schema['$ref'] : undefined;
}
