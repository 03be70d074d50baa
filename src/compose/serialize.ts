import type { ArithmeticOperator, CoefficientExpression } from './coefficient.ts';
import { formulaModels, type Formula, type FormulaTerm } from './formula.ts';

type Sign = '+' | '-';

/** A term as `sign factor * source`. */
interface SignedTerm {
  readonly sign: Sign;
  /** `null` is 1. */
  readonly factor: string | null;
  readonly source: string;
}

/**
 * The formula as text, neighbours with the same factor joined: `large + alpha * (chat - small)`.
 * Parsing it gives the same formula again. A method of one's own is `name(large, chat)`, which is not parsed.
 */
export function serializeFormula(formula: Formula): string {
  if (formula.method !== undefined) {
    return `${formula.method.name}(${formulaModels(formula).join(', ')})`;
  }
  const groups: SignedTerm[][] = [];
  for (const term of formula.terms.map(toSignedTerm)) {
    const last = groups.at(-1);
    if (last !== undefined && term.factor !== null && last[0]!.factor === term.factor) {
      last.push(term);
    } else groups.push([term]);
  }
  return groups
    .map((group, i) => {
      const { sign } = group[0]!;
      const text = serializeGroup(group);
      if (i === 0) return sign === '-' ? `-${text}` : text;
      return ` ${sign} ${text}`;
    })
    .join('');
}

/** Without the sign of its first term. */
function serializeGroup([first, ...rest]: readonly SignedTerm[]): string {
  const { sign, factor, source } = first!;
  if (factor === null) return source;
  if (rest.length === 0) return `${factor} * ${source}`;
  const others = rest.map((term) => ` ${term.sign === sign ? '+' : '-'} ${term.source}`);
  return `${factor} * (${source}${others.join('')})`;
}

function toSignedTerm({ model, space, coefficient }: FormulaTerm): SignedTerm {
  const source = space === 'logits' ? model : `logp(${model})`;
  if (coefficient.kind === 'number') {
    const { value } = coefficient;
    const size = Math.abs(value);
    return { sign: value < 0 ? '-' : '+', factor: size === 1 ? null : String(size), source };
  }
  if (coefficient.kind === 'negate') {
    return { sign: '-', factor: serializeCoefficient(coefficient.operand, 2), source };
  }
  return { sign: '+', factor: serializeCoefficient(coefficient, 2), source };
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
