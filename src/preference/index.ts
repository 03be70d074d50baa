/** @public */
export { parseBasis } from './basis.ts';
export {
  applyBasis,
  type Basis,
  type BasisProvenance,
  type FeatureMap,
  type HeldOutAccuracy,
} from './basis.ts';
export { formatBasis, largestBasisBytes, parseBasisText } from './basis-text.ts';
export type { Comparison, ComparisonData, FeaturePair } from './comparisons.ts';
export {
  dimensionStrengths,
  linearDimension,
  priorOver,
  type LinearDimension,
  type MeasuredDimension,
} from './dimensions.ts';
export { basisDefaults, fitBasis, type BasisOptions } from './fit-basis.ts';
export { standardNormal, type Gaussian } from './gaussian.ts';
export {
  answerProbabilities,
  defaultTieProbability,
  preferenceAnswers,
  type AnswerProbabilities,
  type ComparingAnswer,
  type PreferenceAnswer,
} from './likelihood.ts';
export type { Observation } from './observation.ts';
export {
  createPosterior,
  fitPosterior,
  updatePosterior,
  type Posterior,
  type PreferenceModel,
} from './posterior.ts';
export { fitPopulationPrior, type PopulationOptions } from './prior.ts';
export {
  nextQuestion,
  questionDefaults,
  type Candidate,
  type Criterion,
  type NextQuestion,
  type QuestionOptions,
} from './questions.ts';
export {
  summarizePreferences,
  type Attribute,
  type AttributeSummary,
  type PreferenceSummary,
  type PreferenceVerdict,
} from './summary.ts';
export { steeringWeights } from './weights.ts';
