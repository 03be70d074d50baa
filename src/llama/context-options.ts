import { InvalidOptionError } from '../spec/index.ts';
import type { ContextOptions, LanguageModel } from '../spec/index.ts';

/** `ggml_type` of each KV-cache type. */
export const kvTypes: Readonly<Record<ContextOptions['kvType'], number>> = {
  f32: 0,
  f16: 1,
  q8_0: 8,
};

/** llama.cpp's LLAMA_MAX_SEQ: more sequences abort the process. */
const maxSequencesLimit = 256;

/** Refuses every value that llama.cpp would abort on or silently change. @throws InvalidOptionError */
export function checkContextOptions(model: LanguageModel, options: ContextOptions): void {
  const integer = (
    name: Exclude<keyof ContextOptions, 'adapters' | 'skills'>,
    min: number,
    max: number,
    why: string,
  ) => {
    const value: unknown = options[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidOptionError(
        name,
        `${name} is ${JSON.stringify(value)}; it must be an integer from ${min} to ${max} (${why}).`,
      );
    }
  };
  const trained = model.trainedContextLength;
  integer('contextLength', 1, trained, `${model.name} was trained on ${trained} tokens`);
  integer('maxSequences', 1, maxSequencesLimit, 'a limit of llama.cpp');
  integer('batchSize', 1, 65_536, 'its buffers grow with it');
  integer('maxRows', 1, 65_536, 'each row of logits takes 4 bytes per token of the vocabulary');
  if (options.unifiedCells !== undefined) {
    integer('unifiedCells', options.contextLength, 2 ** 31 - 1, 'one sequence must fit');
  }
  integer('threads', 1, 512, 'a limit of ggml');
  if (!(options.kvType in kvTypes)) {
    throw new InvalidOptionError(
      'kvType',
      `kvType is ${options.kvType}; it must be f16, f32 or q8_0.`,
    );
  }
  if (
    options.batchInvariant === true &&
    (options.unifiedCache === true || options.flashAttention)
  ) {
    throw new InvalidOptionError(
      'batchInvariant',
      'batchInvariant cannot hold with flashAttention, which splits what it sums by the work at hand, nor ' +
        'in a unified cache: turn one of them off.',
    );
  }
  if (options.kvType === 'q8_0' && !options.flashAttention) {
    throw new InvalidOptionError(
      'kvType',
      'kvType q8_0 needs flashAttention: llama.cpp cannot quantise V without it.',
    );
  }
}
