export {
  alignVocabularies,
  mapTokens,
  mapTokensToBase,
  type EqualVocabularies,
  type MappedVocabularies,
  type VocabularyAlignment,
  type VocabularyNames,
} from './alignment.ts';
export { lineOf, type CoefficientLine } from './coefficient-line.ts';
export { mainEnd, type TokenList } from './match-ends.ts';
export type { RewardShift } from './budgeted-shift.ts';
export { createComposition, type Composition } from './composition.ts';
export type { RankedToken, TokenExplanation } from './explanation.ts';
export { notFiniteRemedy } from './source.ts';
export { planComposition, type CompositionPlan, type PlanCompositionOptions } from './plan.ts';
/** @public */
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
  coefficientSum,
  formulaModels,
  formulaParams,
  logp,
  model,
  scale,
  sum,
  type Formula,
  type FormulaTerm,
  type PlannedTerm,
  type TermSpace,
} from './formula.ts';
/** @public */
export {
  classifierFreeGuidance,
  contextAwareDecoding,
  contrastiveDecoding,
  contrastiveReasoning,
  decodingTimeRealignment,
  dExperts,
  drift,
  emulatedFineTuning,
  genARM,
  type Method,
  type MethodParam,
  multiObjectiveDecoding,
  proxyTuning,
  type ProxyTuningOptions,
  thinkLogit,
} from './methods.ts';
export { parseFormula, reservedNames, type FormulaNames } from './parser.ts';
/** @public */
export { composedBy, type ComposedByOptions } from './own-method.ts';
export type { ComposeRows, OwnMethod } from './compose-rows.ts';
export { planSchedule } from './schedule.ts';
export type { Plausibility } from './plausibility.ts';
export { serializeFormula } from './serialize.ts';
export type { ScaledShift } from './kl-budget.ts';
export { SourceRow } from './source.ts';
