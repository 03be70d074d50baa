import {
  resolveGuidance,
  resolveKlBudget,
  resolveParams,
  resolveSchedules,
  settleSchedules,
  type Recipe,
} from '../../recipe/index.ts';
import { contentId } from '../content-id.ts';
import type { EvaluateOptions, EvaluationProgress } from '../run/evaluate.ts';
import { recipeFingerprint } from '../run/recipe-fingerprint.ts';
import type { EvaluationSystem } from '../run/system.ts';
import { measureSetting } from './measure-setting.ts';
import type { SweepSetting } from './setting.ts';
import type { MeasuredSetting } from './sweep/sweep-summary.ts';
import { withoutGroups, type EvaluationTask } from '../task.ts';

/** A recipe that is measured in many settings, and how. */
export interface RecipeStudy extends Omit<EvaluateOptions, 'systems' | 'tasks' | 'directory'> {
  /** One that the service serves, as it is there. */
  readonly recipe: Recipe;
  /** How it answers in every setting; params are the recipe's, or the setting's. */
  readonly options?: Omit<EvaluationSystem['options'], 'params'>;
}

/** @throws InvalidOptionError for a param that the recipe has not, or a value out of its range. */
export function requireSettings(recipe: Recipe, settings: readonly SweepSetting[]): void {
  for (const { options } of settings) {
    resolveParams(recipe, options.params);
    resolveGuidance(recipe, options.guidance);
    resolveKlBudget(recipe, options.klBudget);
    resolveSchedules(recipe, options.schedules);
  }
}

/**
 * What tells a study from others: the same for the same measurements, e.g. for the name of their folder.
 * @param swept - Params that settings give: what the recipe says of them does not matter.
 */
export async function studyId(
  study: RecipeStudy,
  swept: readonly string[],
  tasks: readonly EvaluationTask[],
): Promise<string> {
  const { seed, version, samples = 1 } = study;
  const run = { seed, version, samples };
  return contentId({ system: await systemOf(study, swept), run, tasks: withoutGroups(tasks) });
}

/**
 * Measures settings on tasks, one after the other, in a folder each; what was measured before is read.
 * @param swept - As of {@link studyId}. @throws What `evaluate` throws.
 */
export async function measureSettings(
  { recipe, options, signal, onProgress, ...run }: RecipeStudy,
  swept: readonly string[],
  settings: readonly SweepSetting[],
  tasks: readonly EvaluationTask[],
  directory: string,
): Promise<MeasuredSetting[]> {
  const system = await systemOf({ recipe, ...(options && { options }) }, swept);
  const measured: MeasuredSetting[] = [];
  const onPart = ({ done, of, failed }: EvaluationProgress): void =>
    onProgress?.({ done: measured.length * of + done, of: settings.length * of, failed });
  for (const setting of settings) {
    const evaluation = await measureSetting(setting, {
      ...run,
      ...(signal && { signal }),
      system,
      tasks,
      directory,
      onProgress: onPart,
    });
    measured.push({ setting, evaluation });
  }
  return measured;
}

/** Params and schedules are given with every request, so that the same one is known whatever the defaults become. */
async function systemOf(
  { recipe, options }: Pick<RecipeStudy, 'recipe' | 'options'>,
  swept: readonly string[],
): Promise<Pick<EvaluationSystem, 'recipe' | 'fingerprint' | 'options'>> {
  const params = Object.entries(resolveParams(recipe)).filter(([name]) => !swept.includes(name));
  const schedules = settleSchedules(recipe, options?.schedules);
  return {
    recipe: recipe.name,
    fingerprint: await recipeFingerprint({ ...recipe, params: new Map() }),
    options: {
      ...options,
      params: Object.fromEntries(params),
      ...(Object.keys(schedules).length > 0 && { schedules }),
      ...(recipe.rewards.size > 0 && { reportRewards: [...recipe.rewards.keys()] }),
    },
  };
}
