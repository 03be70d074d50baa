import type { ArithmeticOperator, CoefficientExpression } from './coefficient.ts';
import type { Formula, FormulaTerm } from './formula.ts';

/**
 * The formula as text, term by term: `large + alpha * chat - alpha * small`. Parsing it gives the
 * same formula again.
 */
export function serializeFormula(formula: Formula): string {
  return formula.terms
    .map((term, i) => {
      const [sign, text] = serializeTerm(term);
      if (i === 0) return sign === '-' ? `-${text}` : text;
      return ` ${sign} ${text}`;
    })
    .join('');
}

function serializeTerm({ model, space, coefficient }: FormulaTerm): ['+' | '-', string] {
  const source = space === 'logits' ? model : `logp(${model})`;
  if (coefficient.kind === 'number') {
    const { value } = coefficient;
    const size = Math.abs(value);
    return [value < 0 ? '-' : '+', size === 1 ? source : `${size} * ${source}`];
  }
  if (coefficient.kind === 'negate') {
    return ['-', `${serializeCoefficient(coefficient.operand, 2)} * ${source}`];
  }
  return ['+', `${serializeCoefficient(coefficient, 2)} * ${source}`];
}

const precedence: Readonly<Record<ArithmeticOperator, number>> = { '+': 0, '-': 0, '*': 1, '/': 1 };

/** @param floor - Operators that bind less tightly than this are put in parentheses. */
function serializeCoefficient(expression: CoefficientExpression, floor: number): string {
  if (expression.kind === 'number') return String(expression.value);
  if (expression.kind === 'param') return expression.name;
  if (expression.kind === 'negate') return `-${serializeCoefficient(expression.operand, 2)}`;
  const own = precedence[expression.operator];
  // A right operand of the same precedence keeps its parentheses: a - (b - c), a * (b * c).
  const left = serializeCoefficient(expression.left, own);
  const right = serializeCoefficient(expression.right, own + 1);
  const text = `${left} ${expression.operator} ${right}`;
  return own < floor ? `(${text})` : text;
}
