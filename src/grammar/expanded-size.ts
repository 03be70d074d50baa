import type { Expression } from './grammar.ts';
import { constraintLimits } from './limits.ts';
import { tooDeep } from './rules.ts';

const encoder = new TextEncoder();

/**
 * About how many states an expression takes once its repetitions are written out, without writing them
 * out; rules count as one.
 * @throws ConstraintError beyond {@link constraintLimits.expressionDepth}
 */
export function expandedSize(expression: Expression): number {
  const sizes = new Map<Expression, number>(); // parts may be shared
  let depth = 0;
  const measure = (part: Expression): number => {
    const known = sizes.get(part);
    if (known !== undefined) return known;
    if (++depth > constraintLimits.expressionDepth) throw tooDeep();
    const size = measurePart(part, measure);
    depth--;
    sizes.set(part, size);
    return size;
  };
  return measure(expression);
}

function measurePart(part: Expression, measure: (part: Expression) => number): number {
  const sum = (parts: readonly Expression[]): number =>
    parts.reduce((total, inner) => total + measure(inner), 1);
  switch (part.kind) {
    case 'text':
      return 1 + encoder.encode(part.text).length;
    case 'token':
      return 2 + encoder.encode(part.label).length;
    case 'class':
      return 1 + part.ranges.length;
    case 'sequence':
    case 'both':
      return sum(part.items);
    case 'choice':
      return sum(part.options);
    case 'repeat':
      return 1 + measure(part.item) * (part.max === Infinity ? part.min + 1 : part.max);
    case 'list': {
      const { items, others, separator } = part;
      const parts = [...items.map(({ expression }) => expression), ...(others ? [others] : [])];
      return sum(parts) + (items.length + 1) * (3 + measure(separator));
    }
    case 'except':
      return sum([part.item, part.excluded]);
    case 'rule':
      break;
  }
  return 1;
}
