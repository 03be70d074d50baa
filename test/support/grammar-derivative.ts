import type { Expression, Grammar } from '../../src/grammar/grammar.ts';

const none: Expression = { kind: 'choice', options: [] };
const empty: Expression = { kind: 'text', text: '' };

const known = new WeakMap<Expression, Map<string, Expression>>();

/**
 * What the texts of an expression go on with behind a text. Of rules of characters: texts, classes, sequences,
 * choices and repetitions.
 * @see Brzozowski 1964, "Derivatives of regular expressions"
 */
function behindText(expression: Expression, text: string): Expression {
  const ofExpression = known.get(expression) ?? new Map<string, Expression>();
  known.set(expression, ofExpression);
  const found =
    ofExpression.get(text) ??
    Array.from(text, (character) => character.codePointAt(0)!).reduce(derivative, expression);
  ofExpression.set(text, found);
  return found;
}

/** What a reference means: the rule's expression, or what it has behind a text. */
export function referred(
  { rules }: Grammar,
  { name, behind }: Extract<Expression, { kind: 'rule' }>,
): Expression {
  const expression = rules.get(name);
  if (expression === undefined) throw new Error(`The grammar lacks the rule ${name}.`);
  return behind === undefined ? expression : behindText(expression, behind);
}

function derivative(expression: Expression, codePoint: number): Expression {
  switch (expression.kind) {
    case 'text': {
      const [first, ...others] = Array.from(expression.text);
      const isFirst = first?.codePointAt(0) === codePoint;
      return isFirst ? { kind: 'text', text: others.join('') } : none;
    }
    case 'class':
      return expression.ranges.some(([from, to]) => from <= codePoint && codePoint <= to)
        ? empty
        : none;
    case 'choice':
      return choice(expression.options.map((option) => derivative(option, codePoint)));
    case 'sequence': {
      const [first, ...others] = expression.items;
      if (first === undefined) return none;
      const behindFirst = sequence([derivative(first, codePoint), ...others]);
      if (!isNullable(first)) return behindFirst;
      return choice([behindFirst, derivative(sequence(others), codePoint)]);
    }
    case 'repeat': {
      const { item, min, max } = expression;
      if (max === 0) return none;
      const rest: Expression = { kind: 'repeat', item, min: Math.max(0, min - 1), max: max - 1 };
      return sequence([derivative(item, codePoint), rest]);
    }
    case 'list':
    case 'both':
    case 'except':
    case 'token':
    case 'rule':
    default:
      throw new Error(`What is behind a text is not known of ${expression.kind}.`);
  }
}

/** Whether the empty text matches. */
function isNullable(expression: Expression): boolean {
  switch (expression.kind) {
    case 'text':
      return expression.text === '';
    case 'sequence':
      return expression.items.every(isNullable);
    case 'choice':
      return expression.options.some(isNullable);
    case 'repeat':
      return expression.min === 0 || isNullable(expression.item);
    case 'class':
    case 'list':
    case 'both':
    case 'except':
    case 'token':
    case 'rule':
    default:
      return false;
  }
}

function sequence(items: readonly Expression[]): Expression {
  if (items.includes(none)) return none;
  const others = items.filter((item) => item !== empty);
  return others.length === 1 ? others[0]! : { kind: 'sequence', items: others };
}

function choice(options: readonly Expression[]): Expression {
  const possible = options.filter((option) => option !== none);
  if (possible.length === 0) return none;
  return possible.length === 1 ? possible[0]! : { kind: 'choice', options: possible };
}
