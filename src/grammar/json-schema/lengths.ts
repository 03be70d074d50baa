import type { Expression } from '../grammar.ts';
import type { Counts } from '../repetition.ts';

/** No shorter and no longer text is an expression's: bounds on its code points. @param expression - A pattern's: without rules. */
export function lengthsOf(expression: Expression): Counts {
  switch (expression.kind) {
    case 'text': {
      const length = Array.from(expression.text).length;
      return { min: length, max: length };
    }
    case 'class':
      return { min: 1, max: 1 };
    case 'sequence': {
      const parts = expression.items.map(lengthsOf);
      const sum = (bound: keyof Counts): number =>
        parts.reduce((total, part) => total + part[bound], 0);
      return { min: sum('min'), max: sum('max') };
    }
    case 'choice': {
      const parts = expression.options.map(lengthsOf);
      const least = parts.reduce((length, { min }) => Math.min(length, min), Infinity);
      return { min: least, max: parts.reduce((length, { max }) => Math.max(length, max), 0) };
    }
    case 'repeat': {
      const { min, max } = lengthsOf(expression.item);
      return { min: min * expression.min, max: max === 0 ? 0 : max * expression.max };
    }
    case 'both': {
      const parts = expression.items.map(lengthsOf);
      const most = parts.reduce((length, { max }) => Math.min(length, max), Infinity);
      return { min: parts.reduce((length, { min }) => Math.max(length, min), 0), max: most };
    }
    case 'except':
      return lengthsOf(expression.item);
    case 'list':
    case 'token':
    case 'rule':
    default:
      return { min: 0, max: Infinity };
  }
}
