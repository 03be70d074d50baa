import type { InferenceService, ScoreServiceRequest } from '../spec/index.ts';
import { pairRoles } from './pair-recipe.ts';
import type { OnPairProgress } from './progress.ts';
import type { TunedAdapter } from './tune-adapter.ts';
import { TuningError } from './tuning-error.ts';
import type { TuningExample } from './write-examples.ts';

export interface CheckAdapterOptions {
  readonly service: InferenceService;
  /** Name of the pair's recipe. */
  readonly recipe: string;
  readonly development: readonly TuningExample[];
  readonly tuned: TunedAdapter;
  /** Alpha of the composition that it was tuned inside of; `null`: the expert was tuned alone. */
  readonly strength: number | null;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: OnPairProgress;
}

/** Nats a token by which llama.cpp, which rounds activations of quantised weights, may differ from PyTorch. */
const tolerance = (loss: number): number => 0.05 + 0.05 * loss;

/**
 * Whether the adapter does in llama.cpp what it did in PyTorch: mean nats of a token of the development set's answers.
 * @returns That mean in llama.cpp.
 * @throws TuningError if they differ by more than rounding does: names, layouts or scales would be wrong.
 */
export async function checkAdapter({
  service,
  recipe,
  development,
  tuned,
  strength,
  signal,
  onProgress,
}: CheckAdapterOptions): Promise<number> {
  const options: ScoreServiceRequest['options'] =
    strength === null ? { only: pairRoles.expert } : { params: { alpha: strength } };
  let [nats, tokens] = [0, 0];
  for (const [i, { conversation, answer }] of development.entries()) {
    onProgress({ stage: 'checking', done: i, of: development.length });
    const { prompt } = conversation;
    const request = { recipe, prompt, continuation: answer, owner: '', signal, options };
    nats -= (await service.score(request)).logprob;
    tokens += answer.length;
  }
  const loss = nats / tokens;
  if (Math.abs(loss - tuned.development) <= tolerance(tuned.development)) return loss;
  throw new TuningError(
    `The adapter does not do in llama.cpp what it did in PyTorch: on ${development.length} held-out ` +
      `conversations ${loss.toFixed(3)} nats a token, and ${tuned.development.toFixed(3)} there ` +
      `(${tuned.untuned.toFixed(3)} before it was tuned). The model's architecture may be laid out otherwise in ` +
      'GGUF: report it with the name of the model.',
  );
}
