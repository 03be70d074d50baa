import {
  add,
  coefficientParams,
  constant,
  evaluateCoefficient,
  multiply,
  toCoefficient,
  type Coefficient,
  type CoefficientExpression,
} from './coefficient.ts';
import type { OwnMethod } from './compose-rows.ts';
import { FormulaError } from '../spec/index.ts';

/** What of a model enters the sum: its raw logits, or its log-probs (`logp(model)`). */
export type TermSpace = 'logits' | 'logprobs';

/** One coefficient × one model. */
export interface FormulaTerm {
  readonly model: string;
  readonly space: TermSpace;
  readonly coefficient: CoefficientExpression;
}

/** A term whose coefficient is a number. */
export interface PlannedTerm {
  readonly model: string;
  readonly space: TermSpace;
  readonly coefficient: number;
}

/**
 * A linear combination of models: `Σ coefficient × model`, at most one term per model and space, in
 * order of first appearance. The order is that of the additions. It is data: make it with
 * {@link parseFormula}, a method's constructor, or {@link model}, {@link logp}, {@link scale} and
 * {@link sum}.
 */
export interface Formula {
  readonly terms: readonly FormulaTerm[];
  /** In place of the sum: a function, which sees the models of the terms. See {@link composedBy}. */
  readonly method?: OwnMethod;
}

/** The terms' coefficients together. */
export function coefficientSum(terms: readonly PlannedTerm[]): number {
  return terms.reduce((total, { coefficient }) => total + coefficient, 0);
}

/** A model's raw logits, times 1. */
export function model(name: string): Formula {
  return { terms: [{ model: name, space: 'logits', coefficient: constant(1) }] };
}

/** A model's log-probs, times 1. */
export function logp(name: string): Formula {
  return { terms: [{ model: name, space: 'logprobs', coefficient: constant(1) }] };
}

/** `coefficient × formula`. */
export function scale(coefficient: Coefficient, formula: Formula): Formula {
  const factor = toCoefficient(coefficient);
  requireArithmetic(formula);
  return {
    terms: formula.terms.map((term) => ({
      ...term,
      coefficient: multiply(factor, term.coefficient),
    })),
  };
}

/** `Σ formulas`; terms of the same model and space become one. */
export function sum(...formulas: readonly Formula[]): Formula {
  for (const formula of formulas) requireArithmetic(formula);
  const terms = new Map<string, FormulaTerm>();
  for (const term of formulas.flatMap((formula) => formula.terms)) {
    const key = `${term.space} ${term.model}`;
    const same = terms.get(key);
    terms.set(
      key,
      same === undefined ? term : { ...term, coefficient: add(same.coefficient, term.coefficient) },
    );
  }
  return { terms: [...terms.values()] };
}

/** @throws FormulaError for a method of one's own: what it composes has no terms. */
function requireArithmetic({ method }: Formula): void {
  if (method === undefined) return;
  throw new FormulaError(`The method ${method.name} is no term: call it inside of another one.`, 0);
}

/** Names of the models in a formula, in order of first appearance. */
export function formulaModels(formula: Formula): string[] {
  return [...new Set(formula.terms.map((term) => term.model))];
}

/** Names of the params in a formula, in order of first appearance. */
export function formulaParams(formula: Formula): string[] {
  return [...new Set(formula.terms.flatMap((term) => coefficientParams(term.coefficient)))];
}

/**
 * The coefficients of `formula.terms` under `params`, in order.
 * @throws InvalidOptionError naming the params that are missing, not finite, or make a coefficient
 *   unusable (a division by 0, an overflow).
 */
export function evaluateCoefficients(
  formula: Formula,
  params: Readonly<Record<string, number>>,
): number[] {
  return formula.terms.map((term) => evaluateCoefficient(term.coefficient, params));
}
