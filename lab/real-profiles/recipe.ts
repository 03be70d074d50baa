import { calibrateRewards } from '../../src/evaluation/index.ts';
import { resolveRecipe, type Recipe } from '../../src/index.ts';
import { createLocalService } from '../../src/service/index.ts';
import { realModelsFolder } from '../../test/support/real-models.ts';
import { showProgress } from '../shared/progress.ts';
import { attributePrompt, interviewPrompts, plainPrompt, wishes, wishNames } from './wishes.ts';

/** Of an answer: most that ask for nothing in particular end before. */
export const maxTokens = 48;

export interface Settings {
  readonly strength: number;
  readonly caution: number;
  /** Nats a token; 0 is none. */
  readonly budget: number;
}

type Scales = Awaited<ReturnType<typeof calibrateRewards>>['scales'];

/** What calibrating does not depend on. */
const uncalibrated: Settings = { strength: 1, caution: 0.5, budget: 0 };

/** As `trimtab calibrate --rewards` leaves a reward whose scale it is to find. */
const unknownScale = { mean: 0, deviation: 1, answerTokens: 1 } as const;

/**
 * Attributes as prompts of one model, which also answers; their scales are measured on its own answers.
 * @param answers - That scales are estimated from. @param directory - Where these are kept.
 */
export async function calibratedRecipe(
  file: string,
  settings: Settings,
  answers: number,
  directory: string,
): Promise<Recipe> {
  const recipe = recipeOf(file, uncalibrated, {});
  await using service = await createLocalService({ recipes: [recipe] });
  showProgress('calibrating');
  const { scales } = await calibrateRewards({
    service,
    recipe,
    rewards: wishNames,
    answers,
    seed: 1,
    version: 'lab',
    directory,
  });
  return recipeOf(file, settings, scales);
}

function recipeOf(file: string, { strength, caution, budget }: Settings, scales: Scales): Recipe {
  const views = wishNames.map((name) => [name, { file, system: attributePrompt(name) }]);
  const rewards = wishNames.map((name) => {
    const { mean, deviation, answerTokens } = scales[name] ?? unknownScale;
    const scale = { normalization: { mean, deviation }, answerTokens };
    return [name, { attribute: name, neutral: 'plain', weight: 0, ...scale }];
  });
  const attributes = wishNames.map((name) => {
    const { high, low } = wishes[name];
    return [name, { reward: name, high, low }];
  });
  return resolveRecipe(
    {
      name: 'real-profiles',
      base: 'plain',
      formula: 'plain',
      models: {
        plain: { file, system: plainPrompt },
        ...Object.fromEntries(views),
        asked: { file }, // sees the system message of the request
      },
      rewards: Object.fromEntries(rewards),
      guidance: { method: 'args', candidates: 20 },
      profile: {
        attributes: Object.fromEntries(attributes),
        prompts: [...interviewPrompts],
        maxTokens,
        strength,
        caution,
        ...(budget > 0 && { klBudget: { perToken: budget } }),
      },
      sampling: { temperature: 0 },
      engine: { maxSequences: 8, contextLength: 1024 },
    },
    { directory: realModelsFolder },
  );
}
