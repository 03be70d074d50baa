import type { InferenceService } from '../spec/index.ts';
import { pairRoles } from './pair-recipe.ts';
import type { OnPairProgress } from './progress.ts';
import type { TuningExample } from './tuning-examples.ts';

export interface StrengthCurveOptions {
  readonly service: InferenceService;
  /** Name of the pair's recipe: `base + alpha * (expert - antiExpert)`. */
  readonly recipe: string;
  readonly examples: readonly TuningExample[];
  readonly alphas: readonly number[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: OnPairProgress;
}

/** How likely given answers are, at every strength. */
export interface StrengthCurve {
  /** Mean nats a token of the expert alone. */
  readonly expert: number;
  /** By alpha, in their order: nats a byte of each answer, as the composition of that strength has it. */
  readonly points: readonly { readonly alpha: number; readonly natsPerByte: readonly number[] }[];
  /** By alpha: mean nats a token over all answers. */
  readonly natsPerToken: readonly number[];
}

/**
 * Likelihood of given answers under the composition at many strengths, from one pass of each model: with the rows of
 * base, expert and twin every strength is arithmetic.
 */
export async function strengthCurve({
  service,
  recipe,
  examples,
  alphas,
  signal,
  onProgress,
}: StrengthCurveOptions): Promise<StrengthCurve> {
  const bytes: number[][] = alphas.map(() => []);
  const sums = alphas.map(() => 0);
  let [tokens, expert] = [0, 0];
  for (const [i, { conversation, answer }] of examples.entries()) {
    onProgress({ stage: 'calibrating', done: i, of: examples.length });
    const rowsOf = async (only: string): Promise<Float32Array[]> => {
      const { prompt } = conversation;
      const options = { only, allLogprobs: true };
      const request = { recipe, prompt, continuation: answer, owner: '', signal, options };
      return (await service.score(request)).tokens.map(({ allLogprobs }) => allLogprobs!);
    };
    const { base, expert: tuned, twin } = pairRoles;
    const [b, e, t] = await Promise.all([rowsOf(base), rowsOf(tuned), rowsOf(twin)]);
    const nats = alphas.map(() => 0);
    answer.forEach((target, at) => {
      const losses = composedLosses({ base: b[at]!, expert: e[at]!, twin: t[at]! }, target, alphas);
      losses.forEach((loss, k) => (nats[k]! += loss));
      expert -= e[at]![target]!;
    });
    nats.forEach((loss, k) => {
      sums[k]! += loss;
      bytes[k]!.push(loss / Buffer.byteLength(conversation.answer));
    });
    tokens += answer.length;
  }
  return {
    expert: expert / tokens,
    points: alphas.map((alpha, k) => ({ alpha, natsPerByte: bytes[k]! })),
    natsPerToken: sums.map((sum) => sum / tokens),
  };
}

/** Log-probs of one position, shape `[vocabSize]` each; of other sizes where padding differs. */
export interface PairRows {
  readonly base: Float32Array;
  readonly expert: Float32Array;
  readonly twin: Float32Array;
}

/** `-log softmax(base + alpha * (expert - twin))[target]` for each alpha, in nats. */
export function composedLosses(
  { base, expert, twin }: PairRows,
  target: number,
  alphas: readonly number[],
): number[] {
  const size = Math.min(base.length, expert.length, twin.length);
  const difference = new Float32Array(size);
  for (let i = 0; i < size; i++) difference[i] = expert[i]! - twin[i]!;
  const composed = new Float32Array(size);
  return alphas.map((alpha) => {
    let max = -Infinity;
    for (let i = 0; i < size; i++) {
      const value = base[i]! + alpha * difference[i]!;
      composed[i] = value;
      if (value > max) max = value;
    }
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const below = composed[i]! - max;
      if (below > negligible) sum += Math.exp(below);
    }
    return max + Math.log(sum) - composed[target]!;
  });
}

/** Of what is further below the greatest, a whole vocabulary adds less than a float32 tells. */
const negligible = -40;
