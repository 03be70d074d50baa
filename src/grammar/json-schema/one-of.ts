import { oneOfOptions, type Overlaps, type SchemaReader } from './alternatives.ts';
import type { SchemaNode } from './document.ts';
import type { Satisfiability } from './satisfiability.ts';

/**
 * Exactly one option of a `oneOf` must fit. Where no value fits two of them that is `anyOf`, as which it is read at first;
 * this finds the options of which that cannot be shown by types, listed values, bounds and required properties.
 * @returns Only the `oneOf`s that have such options.
 */
export function findOverlaps(reader: SchemaReader, satisfiability: Satisfiability): Overlaps {
  const found = new Map<string, (SchemaNode[] | undefined)[]>();
  for (const node of reader.oneOfs) {
    const options = oneOfOptions(reader.document, node);
    const overlaps = options.map((a) =>
      options.filter((b) => a !== b && satisfiability.isSatisfiable(reader.conjunction([a, b]))),
    );
    if (overlaps.some(({ length }) => length > 0)) found.set(node.pointer, overlaps);
  }
  return found;
}
