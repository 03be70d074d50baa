import { sumByName } from '../../math/index.ts';
import type { Certificate, GenerationResult, Timings } from '../../spec/index.ts';
import type { UsageBody } from '../wire/openai-shapes.ts';

/** One choice's result, and which prompt it answers. */
export interface FinishedChoice {
  readonly prompt: number;
  readonly result: Pick<
    GenerationResult,
    'usage' | 'timings' | 'seed' | 'warnings' | 'certificate'
  >;
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
  const usages = choices.map(({ result }) => result.usage);
  const drafts = sumByName(usages.map((usage) => usage.drafts));
  const rewards = sumByName(usages.map((usage) => usage.rewards));
  const certificates = choices.flatMap(({ result }) => result.certificate ?? []);
  const warnings = new Set(choices.flatMap(({ result }) => result.warnings ?? []));
  const cached = [...prompts.values()].map((usage) => usage.models[base]?.cachedTokens ?? 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: sum(cached) },
    trimtab: {
      models: sumByName(usages.map((usage) => usage.models)),
      ...(Object.keys(drafts).length > 0 && { drafts }),
      ...(Object.keys(rewards).length > 0 && { rewards }),
      timings: slowest(choices.map(({ result }) => result.timings)),
      seeds: choices.map(({ result }) => result.seed),
      ...(certificates.length > 0 && { certificate: worst(certificates) }),
      ...(warnings.size > 0 && { warnings: [...warnings] }),
    },
  };
}

/** Of all choices together. */
function worst(certificates: readonly Certificate[]) {
  const variations = certificates.map(({ totalVariation }) => totalVariation);
  return {
    exact: certificates.every(({ exact }) => exact),
    uncertainTokens: sum(certificates.map(({ uncertainTokens }) => uncertainTokens)),
    totalVariation: Math.max(0, ...variations),
  };
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
