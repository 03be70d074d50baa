export {
  alignVocabularies,
  mapTokens,
  mapTokensToBase,
  type EqualVocabularies,
  type MappedVocabularies,
  type VocabularyAlignment,
} from './alignment.ts';
export {
  createComposition,
  planComposition,
  type Composition,
  type CompositionPlan,
  type PlanCompositionOptions,
  type PlannedTerm,
  type RankedToken,
  type TokenExplanation,
} from './composition.ts';
export {
  add,
  divide,
  multiply,
  negate,
  param,
  subtract,
  type ArithmeticOperator,
  type Coefficient,
  type CoefficientExpression,
} from './coefficient.ts';
export {
  evaluateCoefficients,
  formulaModels,
  formulaParams,
  logp,
  model,
  scale,
  sum,
  type Formula,
  type FormulaTerm,
  type TermSpace,
} from './formula.ts';
export type { Plausibility } from './plausibility.ts';
