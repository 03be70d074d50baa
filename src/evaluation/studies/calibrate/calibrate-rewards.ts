import type { Recipe, RewardScale } from '../../../recipe/index.ts';
import { estimateNormalization } from '../../../reward/index.ts';
import { differingTemperature } from '../../../sampling/index.ts';
import { InvalidOptionError } from '../../../spec/index.ts';
import { contentId } from '../../content-id.ts';
import { rewardMeasure } from '../../metrics/steering-scores.ts';
import { evaluate, type EvaluateOptions } from '../../run/evaluate.ts';
import { isFailed, type MeasuredItem } from '../../run/item-result.ts';
import { recipeFingerprint } from '../../run/recipe-fingerprint.ts';
import { mean } from '../../statistics/mean.ts';
import { createTask, type EvaluationTask, type TextPrompt } from '../../task.ts';
import type { RecipeStudy } from '../measured-recipe.ts';

export interface CalibrateRewardsOptions extends Omit<RecipeStudy, 'samples'> {
  /** Names of the rewards whose scales are estimated: see `loadUncalibrated`. */
  readonly rewards: readonly string[];
  /** What is answered; by default the prompts of the recipe's profile. */
  readonly prompts?: readonly TextPrompt[];
  /** How many answers in all, the prompts in turn. */
  readonly answers: number;
  /** Where answers are kept: a study that ended early goes on from there. */
  readonly directory: EvaluateOptions['directory'];
}

/** The scales that were found. */
export interface RewardCalibration {
  readonly scales: Readonly<Record<string, RewardScale>>;
  /** How many answers they are of, and their mean length, the end included. */
  readonly answers: number;
  readonly answerTokens: number;
  /** Rewards that gave every answer the same value, which tells nothing of their scales: they have none. */
  readonly constant: readonly string[];
}

/** Digits of what is estimated: the answers do not tell more. */
const digits = 4;

/**
 * Mean and deviation of each reward's values of the recipe's own answers, to which no reward adds anything.
 * Attributes are measured by the mean over an answer's tokens. The recipe stays as it is: `writeRewardScales`
 * writes them down.
 * @throws InvalidOptionError for a reward that the recipe does not have, without prompts, or for fewer than 2
 *   answers; what `evaluate` throws; the signal's reason. What was answered by then is kept.
 */
export async function calibrateRewards({
  recipe,
  options,
  rewards,
  prompts = recipe.profile?.prompts ?? [],
  answers: count,
  ...run
}: CalibrateRewardsOptions): Promise<RewardCalibration> {
  requireRewards(recipe, rewards);
  const system = {
    name: recipe.name,
    recipe: recipe.name,
    fingerprint: await recipeFingerprint(recipe),
    only: null,
    options: {
      temperature: differingTemperature({ ...recipe.sampling, ...options }),
      ...(recipe.profile !== null && { maxTokens: recipe.profile.maxTokens }),
      ...options,
      rewards: Object.fromEntries([...recipe.rewards.keys()].map((name) => [name, 0])),
      reportRewards: rewards,
    },
  };
  const { records } = await evaluate({
    ...run,
    systems: [system],
    tasks: [taskOf(prompts, count)],
  });
  const measured = records
    .map(({ result }) => result)
    .filter((result): result is MeasuredItem => !isFailed(result));
  const lengths = measured.map(lengthOf);
  const usual = short(mean(lengths));
  const scales = rewards.map((name) => {
    const values = measured.map(({ scores }) => scores[rewardMeasure(name)]!);
    return [name, scaleOf(recipe, name, values, usual)] as const;
  });
  return {
    scales: Object.fromEntries(
      scales.filter(([, scale]) => scale !== null),
    ) as RewardCalibration['scales'],
    answers: measured.length,
    answerTokens: usual,
    constant: scales.filter(([, scale]) => scale === null).map(([name]) => name),
  };
}

/** As many items as answers: the prompts in turn, each with seeds of its own. */
function taskOf(prompts: readonly TextPrompt[], count: number): EvaluationTask {
  if (!(Number.isInteger(count) && count >= 2)) {
    throw new InvalidOptionError(
      'answers',
      `answers must be an integer of at least 2, not ${count}.`,
    );
  }
  if (prompts.length === 0) {
    throw new InvalidOptionError(
      'prompts',
      'There are no prompts: give some, for the recipe has no profile that names any.',
    );
  }
  const drafts = Array.from({ length: count }, (_, i) => {
    const prompt = prompts[i % prompts.length]!;
    const id = `${contentId(prompt)}-${Math.floor(i / prompts.length)}`;
    return { id, kind: 'generate', prompt, references: [], metrics: [] } as const;
  });
  return createTask('rewards', drafts);
}

function requireRewards({ name, rewards }: Recipe, asked: readonly string[]): void {
  const unknown = asked.find((reward) => !rewards.has(reward));
  if (unknown === undefined) return;
  throw new InvalidOptionError('rewards', `The recipe ${name} has no reward ${unknown}.`);
}

/** Tokens that rewards have seen of an answer. */
function lengthOf({ answer }: MeasuredItem): number {
  return answer!.tokenCount + (answer!.finishReason === 'stop' ? 1 : 0);
}

function scaleOf(
  { rewards }: Recipe,
  name: string,
  values: readonly number[],
  answerTokens: number,
): RewardScale | null {
  const { mean: middle, deviation } = estimateNormalization(values);
  if (new Set(values).size === 1) return null;
  const isAttribute = rewards.get(name)!.source.kind === 'attribute';
  return {
    mean: short(middle),
    deviation: short(deviation),
    ...(isAttribute && { answerTokens }),
  };
}

function short(number: number): number {
  return Number(number.toPrecision(digits));
}
