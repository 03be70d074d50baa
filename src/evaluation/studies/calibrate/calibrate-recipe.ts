import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { resolveParams, settleSchedules, type Recipe } from '../../../recipe/index.ts';
import { InvalidOptionError, type ResolvedSchedule } from '../../../spec/index.ts';
import { calibrate, type CalibrationChoice, type CalibrationOptions } from './calibrate.ts';
import { compareReached, type ReachedComparison } from './reached.ts';
import { sharedItems } from './shared-items.ts';
import { paramSetting } from '../setting.ts';
import { summariseSweep } from '../sweep/sweep-summary.ts';
import type { EvaluationTask } from '../../task.ts';
import { requireFirstTest } from './first-test.ts';
import { measureSettings, requireSettings, type RecipeStudy } from '../measured-recipe.ts';

/** What is searched, and on what. */
export interface CalibrationSearch extends Pick<
  CalibrationOptions,
  'params' | 'objective' | 'constraints' | 'refinements'
> {
  readonly recipe: Recipe;
  readonly development: readonly EvaluationTask[];
  /** Scored once, after the choice; may be empty. */
  readonly test: readonly EvaluationTask[];
}

export interface CalibrateRecipeOptions
  extends CalibrationSearch, Omit<RecipeStudy, 'maxFailures'> {
  /** Where results are kept: it remembers what the test set was scored for. */
  readonly directory: string;
}

/** What was found. */
export interface CalibrationStudy extends CalibrationChoice {
  /** What the recipe says of the params now. */
  readonly present: Readonly<Record<string, number>>;
  /** How params were chosen at each token, by param; `null` is the same at each. */
  readonly schedules: Readonly<Record<string, ResolvedSchedule | null>>;
  /** On the development set. */
  readonly developed: ReachedComparison;
  /** On the test set; `null` where there is none. */
  readonly tested: ReachedComparison | null;
}

/**
 * Finds params on the development set and scores them once on the test set. The recipe stays as it is.
 * @throws InvalidOptionError for what {@link requireCalibration} refuses, for a metric that is not
 *   measured, where nothing keeps the constraints, and for a second look at the test set; what `evaluate`
 *   throws; the signal's reason. What was measured by then is kept.
 */
export async function calibrateRecipe(options: CalibrateRecipeOptions): Promise<CalibrationStudy> {
  const { params, objective, constraints, refinements, development, test, directory, ...rest } =
    options;
  const present = requireCalibration(options);
  // An item that failed for one candidate would make the others' scores another sample's.
  const study: RecipeStudy = { ...rest, maxFailures: 0 };
  const measurer =
    (tasks: readonly EvaluationTask[], folder: string): CalibrationOptions['measure'] =>
    async (settings) => {
      const place = path.join(directory, folder);
      const measured = await measureSettings(study, Object.keys(params), settings, tasks, place);
      return summariseSweep(measured, tasks);
    };
  const develop = measurer(development, 'development');
  const search = { params, present, objective, constraints, refinements, measure: develop };
  const choice = await calibrate(search);
  const settings = different(present, choice.chosen.params);
  const compare = async (
    tasks: readonly EvaluationTask[],
    measure: CalibrationOptions['measure'],
  ): Promise<ReachedComparison> => compareReached(objective, await measure(settings), tasks);
  const schedules = settleSchedules(study.recipe, study.options?.schedules);
  const developed = await compare(development, develop);
  if (test.length === 0) return { ...choice, present, schedules, developed, tested: null };
  await mkdir(directory, { recursive: true });
  await requireFirstTest(directory, choice.chosen.params, test);
  const tested = await compare(test, measurer(test, 'test'));
  return { ...choice, present, schedules, developed, tested };
}

/**
 * @returns What the recipe says of the params now.
 * @throws InvalidOptionError for params that it does not take, refinements that are no count, and an item
 *   that is in both sets.
 */
export function requireCalibration({
  recipe,
  params,
  refinements,
  development,
  test,
}: Omit<CalibrationSearch, 'objective' | 'constraints'>): Record<string, number> {
  requireApart(development, test);
  if (!(Number.isInteger(refinements) && refinements >= 0)) {
    throw new InvalidOptionError(
      'refinements',
      `it must be an integer of at least 0, not ${refinements}.`,
    );
  }
  const defaults = resolveParams(recipe);
  for (const [name, values] of Object.entries(params)) {
    requireSettings(
      recipe,
      values.map((value) => paramSetting({ [name]: value })),
    );
  }
  return Object.fromEntries(Object.keys(params).map((name) => [name, defaults[name]!]));
}

/** The present params and the chosen ones; once if they are the same. */
function different(
  present: Readonly<Record<string, number>>,
  chosen: Readonly<Record<string, number>>,
): ReturnType<typeof paramSetting>[] {
  const settings = [paramSetting(present), paramSetting(chosen)];
  return settings.filter(({ name }, i) => i === 0 || name !== settings[0]!.name);
}

function requireApart(
  development: readonly EvaluationTask[],
  test: readonly EvaluationTask[],
): void {
  const shared = sharedItems(development, test);
  const [first] = shared;
  if (first === undefined) return;
  throw new InvalidOptionError(
    'test',
    `${shared.length} of its items are in the development set, too, e.g. ${first.item} of ` +
      `${first.test}, which is in ${first.development}: a test set holds what was never looked at.`,
  );
}
