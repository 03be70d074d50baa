import { FormulaError, InvalidOptionError } from '../spec/index.ts';

/** Arithmetic over numbers and named params: what multiplies a model in a formula. */
export type CoefficientExpression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'negate'; readonly operand: CoefficientExpression }
  | {
      readonly kind: 'binary';
      readonly operator: ArithmeticOperator;
      readonly left: CoefficientExpression;
      readonly right: CoefficientExpression;
    };

export type ArithmeticOperator = '+' | '-' | '*' | '/';

/** A coefficient as its writer may give it: a number, or arithmetic made of {@link param}. */
export type Coefficient = number | CoefficientExpression;

/** A named param as a coefficient; its value comes with each request. */
export function param(name: string): CoefficientExpression {
  return { kind: 'param', name };
}

/** `a + b`; constants are folded. */
export function add(a: Coefficient, b: Coefficient): CoefficientExpression {
  return binary('+', a, b);
}

/** `a - b`; constants are folded. */
export function subtract(a: Coefficient, b: Coefficient): CoefficientExpression {
  return binary('-', a, b);
}

/** `a * b`; constants are folded, factors of 1 and -1 vanish. */
export function multiply(a: Coefficient, b: Coefficient): CoefficientExpression {
  return binary('*', a, b);
}

/** `a / b`; constants are folded. @throws FormulaError for a division by the constant 0. */
export function divide(a: Coefficient, b: Coefficient): CoefficientExpression {
  return binary('/', a, b);
}

/** `-a`. */
export function negate(a: Coefficient): CoefficientExpression {
  const operand = toCoefficient(a);
  if (operand.kind === 'number') return constant(-operand.value);
  if (operand.kind === 'negate') return operand.operand;
  return { kind: 'negate', operand };
}

/** A number as an expression. @throws FormulaError if it is not finite. */
export function constant(value: number): CoefficientExpression {
  if (!Number.isFinite(value)) {
    throw new FormulaError(`A coefficient must be a finite number, not ${value}.`, 0);
  }
  return { kind: 'number', value: value === 0 ? 0 : value }; // -0 would not survive being written down
}

export function toCoefficient(coefficient: Coefficient): CoefficientExpression {
  return typeof coefficient === 'number' ? constant(coefficient) : coefficient;
}

function isConstant(
  expression: CoefficientExpression,
  value: number,
): expression is { kind: 'number'; value: number } {
  return expression.kind === 'number' && expression.value === value;
}

/** Rebuilding a folded expression from its own parts gives it again: what serialising relies on. */
function binary(
  operator: ArithmeticOperator,
  a: Coefficient,
  b: Coefficient,
): CoefficientExpression {
  const left = toCoefficient(a);
  const right = toCoefficient(b);
  if (operator === '/' && isConstant(right, 0)) {
    throw new FormulaError('The formula divides by 0.', 0);
  }
  if (left.kind === 'number' && right.kind === 'number') {
    return constant(operations[operator](left.value, right.value));
  }
  if (operator === '*') {
    if (isConstant(left, 0) || isConstant(right, 0)) return constant(0);
    if (isConstant(left, 1)) return right;
    if (isConstant(right, 1)) return left;
    if (isConstant(left, -1)) return negate(right);
    if (isConstant(right, -1)) return negate(left);
  }
  if (operator === '/' && isConstant(right, 1)) return left;
  if (operator === '+' && isConstant(left, 0)) return right;
  if ((operator === '+' || operator === '-') && isConstant(right, 0)) return left;
  if (operator === '-' && isConstant(left, 0)) return negate(right);
  return { kind: 'binary', operator, left, right };
}

const operations: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

/** Names of the params in an expression, in order of first appearance. */
export function coefficientParams(expression: CoefficientExpression): string[] {
  const names = new Set<string>();
  const visit = (node: CoefficientExpression): void => {
    if (node.kind === 'param') names.add(node.name);
    else if (node.kind === 'negate') visit(node.operand);
    else if (node.kind === 'binary') {
      visit(node.left);
      visit(node.right);
    }
  };
  visit(expression);
  return [...names];
}

/**
 * The value of a coefficient under `params`.
 * @throws InvalidOptionError if a param is missing or not finite, a divisor is 0, or the result
 *   overflows: the message names the params at fault.
 */
export function evaluateCoefficient(
  expression: CoefficientExpression,
  params: Readonly<Record<string, number>>,
): number {
  const value = evaluate(expression, params);
  if (!Number.isFinite(value)) throw unusable(expression, params, `gives ${value}`);
  return value === 0 ? 0 : value;
}

function evaluate(
  expression: CoefficientExpression,
  params: Readonly<Record<string, number>>,
): number {
  if (expression.kind === 'number') return expression.value;
  if (expression.kind === 'param') return valueOf(expression.name, params);
  if (expression.kind === 'negate') return -evaluate(expression.operand, params);
  const left = evaluate(expression.left, params);
  const right = evaluate(expression.right, params);
  if (expression.operator === '/' && right === 0) {
    throw unusable(expression.right, params, 'is 0, and the formula divides by it');
  }
  return operations[expression.operator](left, right);
}

function valueOf(name: string, params: Readonly<Record<string, number>>): number {
  const value = Object.hasOwn(params, name) ? params[name] : undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new InvalidOptionError(
    `params.${name}`,
    value === undefined
      ? `The param ${name} has no value.`
      : `The param ${name} must be a finite number, not ${String(value)}.`,
  );
}

function unusable(
  expression: CoefficientExpression,
  params: Readonly<Record<string, number>>,
  what: string,
): InvalidOptionError {
  const names = coefficientParams(expression);
  const values = names.map((name) => `${name} = ${params[name]}`).join(', ');
  const named = names.length === 1 ? `params.${names[0]}` : 'params';
  return new InvalidOptionError(
    named,
    `With ${values} a coefficient ${what}: choose other values.`,
  );
}
