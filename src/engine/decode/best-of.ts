import { sumByName } from '../../math/index.ts';
import { indexOfBest } from '../../reward/index.ts';
import type { GenerationChunk, GenerationResult, ModelUsage, Usage } from '../../spec/index.ts';
import { ChunkQueue } from './chunk-queue.ts';
import type { Generation } from './generation.ts';
import type { RewardPlan } from '../reward/reward-plan.ts';

/** What is read of an answer in the making, however it is made. */
export type RunningAnswer = Pick<Generation, 'chunks' | 'result'>;

/**
 * The one of several answers that the rewards like best, once all are there; its usage is that of all.
 * @param abort - Ends those that still run when one has failed.
 */
export function bestOf(
  answers: readonly Generation[],
  rewards: RewardPlan,
  abort: (reason: unknown) => void,
): RunningAnswer {
  const chunks = new ChunkQueue<GenerationChunk>(() => {});
  const choose = async (): Promise<GenerationResult> => {
    try {
      const results = await Promise.all(answers.map((answer) => answer.result));
      const totals = results.map((result) => rewards.totalOf(result.rewards!));
      const best = results[indexOfBest(totals)]!;
      const { text, tokens, calls } = best;
      chunks.push({ text, tokens, ...(calls && { calls }) });
      chunks.close();
      return { ...best, usage: addUsages(results.map(({ usage }) => usage)) };
    } catch (error) {
      abort(error);
      chunks.fail(error);
      throw error;
    }
  };
  const result = choose();
  result.catch(() => {}); // a reader of the chunks learns of the error there
  return { chunks, result };
}

function addUsages(usages: readonly Usage[]): Usage {
  const models: Record<string, ModelUsage> = {};
  for (const [name, first] of Object.entries(usages[0]!.models)) {
    const forwards = usages.reduce((sum, usage) => sum + usage.models[name]!.forwards, 0);
    models[name] = { ...first, forwards };
  }
  const completionTokens = usages.reduce((sum, usage) => sum + usage.completionTokens, 0);
  const drafts = sumByName(usages.map((usage) => usage.drafts));
  const isDrafted = Object.keys(drafts).length > 0;
  return { ...usages[0]!, completionTokens, models, ...(isDrafted && { drafts }) };
}
