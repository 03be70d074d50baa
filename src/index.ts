/** @public */
export {
  add,
  classifierFreeGuidance,
  composedBy,
  contextAwareDecoding,
  contrastiveDecoding,
  contrastiveReasoning,
  decodingTimeRealignment,
  dExperts,
  divide,
  drift,
  emulatedFineTuning,
  formulaModels,
  formulaParams,
  genARM,
  logp,
  model,
  multiObjectiveDecoding,
  multiply,
  negate,
  param,
  parseFormula,
  proxyTuning,
  scale,
  serializeFormula,
  subtract,
  sum,
  thinkLogit,
} from './compose/index.ts';
export type {
  Coefficient,
  ComposedByOptions,
  ComposeRows,
  Formula,
  FormulaTerm,
  Method,
  MethodParam,
  OwnMethod,
  Plausibility,
} from './compose/index.ts';
/** @public */
export { readCalls, type ReadAnswer } from './calls/index.ts';
/** @public */
export { learnBasis, type ComparedAnswers, type LearnBasisOptions } from './basis/index.ts';
export { checkRecipe, Engine, LoadedRecipe } from './engine/index.ts';
export type {
  AnswerFeaturesOptions,
  CheckedModel,
  ChosenToken,
  CheckRecipeOptions,
  ContextMemory,
  EngineOptions,
  GenerationStream,
  LoadOptions,
  LoadProgress,
  LoadRecipeOptions,
  MeasuredExactness,
  MemoryEstimate,
  ModelLoader,
  OnToken,
  RecipeExactness,
  RecipeReport,
  ScoreOptions,
  ShapeComparison,
  TokenizeOptions,
  WatchedOptions,
} from './engine/index.ts';
export type { Coupling, DrafterSetting, SpeculationSetting } from './options/index.ts';
export { loadRecipe, parseRecipe, recipeJsonSchema, resolveRecipe } from './recipe/index.ts';
export type {
  EngineSettings,
  ParamDeclaration,
  PromptView,
  Recipe,
  RecipeDocument,
  RecipeModel,
} from './recipe/index.ts';
export { estimateNormalization, functionReward } from './reward/index.ts';
export type {
  FunctionRewardOptions,
  Normalization,
  RewardModule,
  RewardModuleContext,
  ScoredAnswer,
  ScoreFunction,
} from './reward/index.ts';
export { samplingDefaults } from './sampling/index.ts';
export * from './spec/index.ts';
