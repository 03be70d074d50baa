import type { Expression } from '../../src/grammar/grammar.ts';

type List = Extract<Expression, { kind: 'list' }>;

const known = new WeakMap<List, Expression>();

/** A list in sequences, choices and repetitions alone: its meaning, at any size. */
export function writtenOutList(list: List): Expression {
  const found = known.get(list) ?? writeOut(list);
  known.set(list, found);
  return found;
}

function writeOut({ items, others, separator }: List): Expression {
  const behind = (item: Expression): Expression => sequence([separator, item]);
  const repeated = (item: Expression, max: number): Expression => ({
    kind: 'repeat',
    item,
    min: 0,
    max,
  });
  const more = others === undefined ? [] : [repeated(behind(others), Infinity)];
  /** Every item that may be the first, with what may follow it. */
  const options = items.flatMap(({ expression }, i) => {
    if (items.slice(0, i).some(({ isOptional }) => !isOptional)) return [];
    const followers = items
      .slice(i + 1)
      .map((next) =>
        next.isOptional ? repeated(behind(next.expression), 1) : behind(next.expression),
      );
    return [sequence([expression, ...followers, ...more])];
  });
  if (others !== undefined && items.every(({ isOptional }) => isOptional)) {
    options.push(sequence([others, ...more]));
  }
  return { kind: 'choice', options };
}

function sequence(items: readonly Expression[]): Expression {
  return { kind: 'sequence', items };
}
