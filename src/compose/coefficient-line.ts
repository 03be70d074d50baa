import {
  add,
  divide,
  multiply,
  negate,
  subtract,
  toCoefficient,
  type CoefficientExpression,
} from './coefficient.ts';

/** `constant + slope × param`, neither of which has the param in it. */
export interface CoefficientLine {
  readonly constant: CoefficientExpression;
  readonly slope: CoefficientExpression;
}

/** An expression as a line in one of its params; `null` where it is none, as `1 / alpha` and `alpha * alpha`. */
export function lineOf(expression: CoefficientExpression, name: string): CoefficientLine | null {
  if (expression.kind === 'number') return flat(expression);
  if (expression.kind === 'param') {
    const isIt = expression.name === name;
    return isIt ? { constant: toCoefficient(0), slope: toCoefficient(1) } : flat(expression);
  }
  if (expression.kind === 'negate') {
    const line = lineOf(expression.operand, name);
    return line && { constant: negate(line.constant), slope: negate(line.slope) };
  }
  const left = lineOf(expression.left, name);
  const right = lineOf(expression.right, name);
  if (left === null || right === null) return null;
  const { operator } = expression;
  if (operator === '+') return termwise(add, left, right);
  if (operator === '-') return termwise(subtract, left, right);
  if (isFlat(right)) return scaled(operator === '*' ? multiply : divide, left, right.constant);
  return operator === '*' && isFlat(left) ? scaled(multiply, right, left.constant) : null;
}

type Operation = typeof add;

function flat(constant: CoefficientExpression): CoefficientLine {
  return { constant, slope: toCoefficient(0) };
}

function isFlat({ slope }: CoefficientLine): boolean {
  return slope.kind === 'number' && slope.value === 0;
}

function termwise(operation: Operation, a: CoefficientLine, b: CoefficientLine): CoefficientLine {
  return { constant: operation(a.constant, b.constant), slope: operation(a.slope, b.slope) };
}

function scaled(
  operation: Operation,
  { constant, slope }: CoefficientLine,
  factor: CoefficientExpression,
): CoefficientLine {
  return { constant: operation(constant, factor), slope: operation(slope, factor) };
}
