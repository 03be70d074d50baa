import type { SchemaNode } from './document.ts';
import { matchesPattern } from './pattern.ts';
import type { ArrayFacets, ObjectFacets } from './shape.ts';

/** The schemas of the item at an index. */
export function itemNodes({ parts }: ArrayFacets, index: number): SchemaNode[] {
  return parts.flatMap(({ prefix, rest }) => prefix[index] ?? rest ?? []);
}

/** From this index on all items have the same schemas. */
export function prefixLength({ parts }: ArrayFacets): number {
  return Math.max(0, ...parts.map(({ prefix }) => prefix.length));
}

/** The schemas of a property. */
export function propertyNodes({ parts }: ObjectFacets, name: string): SchemaNode[] {
  return parts.flatMap(({ properties, patterns, additional }) => {
    const named = properties.get(name) ?? [];
    const matching = patterns.filter(({ pattern }) => matchesPattern(pattern, name));
    const nodes = [named, matching.map(({ node }) => node)].flat();
    return nodes.length > 0 ? nodes : (additional ?? []);
  });
}

/** Names that the schemas know, in the order in which they are written. */
export function knownNames({ parts, required, others }: ObjectFacets): string[] {
  const declared = parts.flatMap(({ properties }) => [...properties.keys()]);
  return [...new Set([...declared, ...required, ...others.flatMap(({ beside }) => [...beside])])];
}
