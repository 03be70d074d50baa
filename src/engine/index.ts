export {
  checkRecipe,
  type CheckedModel,
  type CheckRecipeOptions,
  type RecipeReport,
} from './load/check.ts';
export {
  readAnswerFeatures,
  type AnsweredPrompt,
  type AnswerFeaturesOptions,
} from './reward/answer-features.ts';
export type { EngineOptions } from './core.ts';
export { Engine } from './engine.ts';
export { estimateMemory, type ContextMemory, type MemoryEstimate } from './load/memory.ts';
export {
  measureProcessor,
  type MeasuredExactness,
  type RecipeExactness,
} from './load/exactness.ts';
export type { PromptPart } from './load/sample-prompt.ts';
export { withTemplate, type TemplateFile } from './load/template-views.ts';
export { describeShape, isRounding, type ShapeComparison } from './load/kernel-check.ts';
export {
  LoadedRecipe,
  type GenerationStream,
  type LoadOptions,
  type LoadRecipeOptions,
  type ExchangeOptions,
  type ScoreOptions,
  type TokenizedExchange,
  type WatchedOptions,
} from './loaded-recipe.ts';
export type { TokenizeOptions } from './request/texts.ts';
export type { ChosenToken, OnToken } from './decode/chosen-token.ts';
export type { LoadProgress, ModelLoader } from './load/weights.ts';
