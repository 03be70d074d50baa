import { ConstraintError } from '../../spec/index.ts';
import { oneOfOptions, type SchemaReader } from './alternatives.ts';
import { pointerTo } from './document.ts';
import type { Satisfiability } from './satisfiability.ts';

/**
 * Exactly one option of a `oneOf` must fit. Where no value fits two of them that is `anyOf`, as which
 * it is read; this proves it, from types, listed values, bounds and required properties.
 * @throws ConstraintError naming two options that a value may both fit, as far as can be seen.
 */
export function checkOneOfs(reader: SchemaReader, satisfiability: Satisfiability): void {
  for (const node of reader.oneOfs) {
    const options = oneOfOptions(reader.document, node);
    for (const [i, a] of options.entries()) {
      for (const b of options.slice(i + 1)) {
        if (!satisfiability.isSatisfiable(reader.conjunction([a, b]))) continue;
        const place = pointerTo(node.pointer, 'oneOf');
        throw new ConstraintError(
          place,
          `oneOf at ${place}: a value might fit both ${a.pointer} and ${b.pointer}. Use anyOf, or ` +
            'tell the options apart by type, or by a required property with different const values.',
        );
      }
    }
  }
}
