export {
  checkRecipe,
  type CheckedModel,
  type CheckRecipeOptions,
  type RecipeReport,
} from './check.ts';
export { readAnswerFeatures, type AnswerFeaturesOptions } from './answer-features.ts';
export type { ComparedAnswers } from './compared-answers.ts';
export type { EngineOptions } from './core.ts';
export { Engine } from './engine.ts';
export { learnBasis, type LearnBasisOptions } from './learn-basis.ts';
export type { ContextMemory, MemoryEstimate } from './memory.ts';
export { measureProcessor, type MeasuredExactness, type RecipeExactness } from './exactness.ts';
export { describeShape, isRounding, type ShapeComparison } from './kernel-check.ts';
export { engineDefaults } from './settings.ts';
export {
  Trimtab,
  type GenerationStream,
  type LoadOptions,
  type LoadRecipeOptions,
  type ModelSummary,
  type ScoreOptions,
  type TokenizeOptions,
} from './trimtab.ts';
export type { LoadProgress, ModelLoader } from './weights.ts';
