import type {
  DraftUsage,
  GenerationResult,
  ModelUsage,
  RewardUsage,
  Timings,
  Usage,
} from '../../spec/index.ts';
import type { UsageBody } from '../wire/openai-shapes.ts';

/** One choice's result, and which prompt it answers. */
export interface FinishedChoice {
  readonly prompt: number;
  readonly result: Pick<GenerationResult, 'usage' | 'timings' | 'seed'>;
}

/**
 * The usage of a request. A prompt counts once, however many choices answer it; the models' own counts
 * are of all the work.
 * @param base - The model whose cached tokens OpenAI's field reports.
 * @param scoredTokens - Tokens of prompts that were only scored.
 */
export function toUsage(
  choices: readonly FinishedChoice[],
  base: string,
  scoredTokens = 0,
): UsageBody {
  const prompts = new Map(choices.map(({ prompt, result }) => [prompt, result.usage]));
  const promptTokens = scoredTokens + sum([...prompts.values()].map((usage) => usage.promptTokens));
  const completionTokens = sum(choices.map(({ result }) => result.usage.completionTokens));
  const cached = [...prompts.values()].map((usage) => usage.models[base]?.cachedTokens ?? 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: sum(cached) },
    trimtab: {
      models: sumOfModels(choices.map(({ result }) => result.usage.models)),
      ...sumOfDrafts(choices.map(({ result }) => result.usage)),
      ...sumOfRewards(choices.map(({ result }) => result.usage)),
      timings: slowest(choices.map(({ result }) => result.timings)),
      seeds: choices.map(({ result }) => result.seed),
    },
  };
}

function sumOfModels(
  usages: readonly Readonly<Record<string, ModelUsage>>[],
): Record<string, ModelUsage> {
  const total = new Map<string, ModelUsage>();
  for (const [name, usage] of usages.flatMap((models) => Object.entries(models))) {
    const before = total.get(name) ?? { promptTokens: 0, cachedTokens: 0, forwards: 0 };
    total.set(name, {
      promptTokens: before.promptTokens + usage.promptTokens,
      cachedTokens: before.cachedTokens + usage.cachedTokens,
      forwards: before.forwards + usage.forwards,
    });
  }
  return Object.fromEntries(total);
}

function sumOfDrafts(usages: readonly Pick<Usage, 'drafts'>[]): Pick<Usage, 'drafts'> {
  const total = new Map<string, DraftUsage>();
  for (const [drafter, usage] of usages.flatMap(({ drafts = {} }) => Object.entries(drafts))) {
    const before = total.get(drafter) ?? { drafted: 0, accepted: 0 };
    total.set(drafter, {
      drafted: before.drafted + usage.drafted,
      accepted: before.accepted + usage.accepted,
    });
  }
  return total.size === 0 ? {} : { drafts: Object.fromEntries(total) };
}

function sumOfRewards(usages: readonly Pick<Usage, 'rewards'>[]): Pick<Usage, 'rewards'> {
  const total = new Map<string, RewardUsage>();
  for (const [name, usage] of usages.flatMap(({ rewards = {} }) => Object.entries(rewards))) {
    const before = total.get(name) ?? { candidates: 0, valued: 0 };
    total.set(name, {
      candidates: before.candidates + usage.candidates,
      valued: before.valued + usage.valued,
    });
  }
  return total.size === 0 ? {} : { rewards: Object.fromEntries(total) };
}

/** The longest of each wait, and the speed of all choices together. */
function slowest(timings: readonly Timings[]): Timings {
  const most = (pick: (each: Timings) => number) => Math.max(0, ...timings.map(pick));
  return {
    queuedMs: most((each) => each.queuedMs),
    prefillMs: most((each) => each.prefillMs),
    decodeMs: most((each) => each.decodeMs),
    tokensPerSecond: sum(timings.map((each) => each.tokensPerSecond)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
