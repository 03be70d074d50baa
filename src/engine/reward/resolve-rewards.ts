import { didYouMean } from '../../faults/index.ts';
import { resolveGuidance, resolveRewards, type Recipe } from '../../recipe/index.ts';
import {
  InvalidOptionError,
  type ChatMessage,
  type GenerateOptions,
  type Prompt,
  type Vocabulary,
} from '../../spec/index.ts';
import type { LoadedReward } from './load-rewards.ts';
import type { LoadedModel, LoadedModels, ScalarModel } from '../load/models.ts';
import { viewModel, viewPrompt, type ViewOptions } from '../request/prompts.ts';
import { RewardPlan, type ScalarPrompt } from './reward-plan.ts';
import type { ViewedModel } from '../decode/task-lanes.ts';

/** What rewards are resolved from: a recipe as it is loaded. */
export interface RewardPlanContext {
  readonly recipe: Recipe;
  readonly loaded: LoadedModels;
  readonly rewards: ReadonlyMap<string, LoadedReward>;
  readonly views: ViewOptions;
}

export type RewardOptions = Pick<
  GenerateOptions,
  'params' | 'rewards' | 'guidance' | 'reportRewards' | 'signal'
>;

/** The rewards of a request, and the prompts of the models whose rows they read. */
export interface ResolvedRewards {
  readonly plan: RewardPlan;
  readonly models: readonly ViewedModel[];
}

/**
 * Which rewards guide a request and which report on it; `null` if none does either.
 * @param vocabulary - The base's.
 * @throws InvalidOptionError, ContextLengthError, TemplateError
 */
export async function resolveRequestRewards(
  { recipe, loaded, rewards, views }: RewardPlanContext,
  prompt: Prompt,
  vocabulary: Vocabulary,
  options: RewardOptions,
): Promise<ResolvedRewards | null> {
  const guidance = resolveGuidance(recipe, options.guidance);
  const guiding = resolveRewards(recipe, options).map(({ name, weight }) => {
    const { normalization, bounds } = recipe.rewards.get(name)!;
    return { name, weight, normalization, bounds, reward: rewards.get(name)! };
  });
  const guides = new Set(guiding.map(({ name }) => name));
  const judging = (options.reportRewards ?? [])
    .map((name) => requireReward(rewards, name))
    .filter(({ name }, i, all) => !guides.has(name) && all.findIndex((r) => r.name === name) === i);
  const used = [...guiding.map(({ reward }) => reward), ...judging];
  if (used.length === 0) return null;

  const scalars = used.filter((reward) => reward.kind === 'scalar').map(({ model }) => model);
  const scalarPrompts: ScalarPrompt[] = [];
  for (const model of new Set<ScalarModel>(scalars)) {
    const tokens = await viewPrompt(prompt, model, views.renderer, options.signal);
    scalarPrompts.push({ model, prompt: tokens });
  }
  const rows = used.filter((reward) => reward.kind === 'rows').map(({ values }) => values);
  const rowModels = new Map<string, LoadedModel>();
  for (const name of rows.flatMap(({ models }) => models)) {
    rowModels.set(name, loaded.models.get(name)!);
  }
  const models: ViewedModel[] = [];
  for (const model of rowModels.values()) {
    models.push(await viewModel(prompt, model, views));
  }
  const answer = { messages: toMessages(prompt, vocabulary), vocabulary };
  const plan = new RewardPlan({ guiding, judging, guidance, answer, scalarPrompts, rowModels });
  return { plan, models };
}

/** @throws InvalidOptionError */
function requireReward(rewards: ReadonlyMap<string, LoadedReward>, name: string): LoadedReward {
  const reward = rewards.get(name);
  if (reward !== undefined) return reward;
  const known = [...rewards.keys()];
  throw new InvalidOptionError(
    'reportRewards',
    `The recipe has no reward ${JSON.stringify(name)}.${didYouMean(name, known)} ` +
      (known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`),
  );
}

/** The conversation as a reward is told of it: a raw prompt is what the user said. */
function toMessages(prompt: Prompt, vocabulary: Vocabulary): readonly ChatMessage[] {
  if (typeof prompt === 'object' && 'messages' in prompt) return prompt.messages;
  return [{ role: 'user', content: textOf(prompt, vocabulary) }];
}

function textOf(prompt: Exclude<Prompt, { messages: unknown }>, vocabulary: Vocabulary): string {
  if (typeof prompt === 'string') return prompt;
  if ('text' in prompt) return prompt.text;
  const pieces = prompt.tokens.map((tokenId) => vocabulary.piece(tokenId));
  return new TextDecoder().decode(Buffer.concat(pieces));
}
