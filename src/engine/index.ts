export { engineDefaults, type LoadProgress, type ModelLoader } from './models.ts';
export type { SchedulerStats } from './scheduler.ts';
export {
  Trimtab,
  type GenerationStream,
  type LoadOptions,
  type ModelSummary,
  type ScoreOptions,
} from './trimtab.ts';
