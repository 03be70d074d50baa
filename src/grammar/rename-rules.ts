import type { Expression } from './grammar.ts';

/** An expression that refers to rules by other names. @param known - What was renamed before. */
export function renamed(
  expression: Expression,
  toName: (name: string) => string,
  known: Map<Expression, Expression>,
): Expression {
  const found = known.get(expression);
  if (found !== undefined) return found;
  const inner = (part: Expression): Expression => renamed(part, toName, known);
  const result = ((): Expression => {
    switch (expression.kind) {
      case 'rule':
        return { ...expression, name: toName(expression.name) };
      case 'sequence':
      case 'both':
        return { ...expression, items: expression.items.map(inner) };
      case 'choice':
        return { ...expression, options: expression.options.map(inner) };
      case 'repeat':
        return { ...expression, item: inner(expression.item) };
      case 'list': {
        const items = expression.items.map((item) => ({
          ...item,
          expression: inner(item.expression),
        }));
        const others = expression.others && inner(expression.others);
        return { kind: 'list', items, others, separator: inner(expression.separator) };
      }
      case 'except':
        return {
          kind: 'except',
          item: inner(expression.item),
          excluded: inner(expression.excluded),
        };
      case 'text':
      case 'class':
      case 'token':
      default:
        return expression;
    }
  })();
  known.set(expression, result);
  return result;
}
