export { checkRecipe, type CheckedModel, type RecipeReport } from './check.ts';
export type { ContextMemory, MemoryEstimate } from './memory.ts';
export type { LoadProgress, ModelLoader } from './models.ts';
export { engineDefaults } from './settings.ts';
export type { SchedulerStats } from './scheduler.ts';
export {
  Trimtab,
  type GenerationStream,
  type LoadOptions,
  type ModelSummary,
  type ScoreOptions,
} from './trimtab.ts';
