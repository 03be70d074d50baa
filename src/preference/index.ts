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
export { fitPopulationPrior, populationDefaults, type PopulationOptions } from './prior.ts';
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
  type Verdict,
} from './summary.ts';
export { defaultCaution, steeringWeights } from './weights.ts';
