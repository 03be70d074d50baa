export {
  add,
  divide,
  formulaModels,
  formulaParams,
  logp,
  model,
  multiply,
  negate,
  param,
  parseFormula,
  scale,
  serializeFormula,
  subtract,
  sum,
} from './compose/index.ts';
export type { Coefficient, Formula, FormulaTerm, Plausibility } from './compose/index.ts';
export { checkRecipe, engineDefaults, Trimtab } from './engine/index.ts';
export type {
  CheckedModel,
  ContextMemory,
  GenerationStream,
  LoadOptions,
  LoadProgress,
  MemoryEstimate,
  ModelLoader,
  ModelSummary,
  RecipeReport,
  SchedulerStats,
  ScoreOptions,
} from './engine/index.ts';
export { loadRecipe, parseRecipe, resolveRecipe } from './recipe/index.ts';
export type {
  EngineSettings,
  ParamDeclaration,
  PromptView,
  Recipe,
  RecipeModel,
} from './recipe/index.ts';
export { samplingDefaults } from './sampling/index.ts';
export * from './spec/index.ts';
