import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';

import { fitBasis, type Basis, type BasisOptions } from '../preference/index.ts';
import { readAnswerFeatures, type AnswerFeaturesOptions } from '../engine/index.ts';
import { gatherComparisons, type ComparedAnswers } from './compared-answers.ts';

export interface LearnBasisOptions extends AnswerFeaturesOptions, Omit<BasisOptions, 'features'> {
  /** GGUF file of the model whose hidden states are the features. */
  readonly modelFile: string;
}

/**
 * Learns what users differ in: a linear map of a model's hidden states after whole answers, which a
 * scalar reward of that model reads from the basis's file. Progress counts prompts.
 * @throws InvalidOptionError if an option cannot be used, or users or pairs are too few for it;
 *   GgufError, ModelLoadError, TemplateError, ContextLengthError; the signal's reason.
 * @see Shenfeld et al. 2025, "Language Model Personalization via Reward Factorization",
 *   arXiv:2503.06358
 */
export async function learnBasis(
  compared: readonly ComparedAnswers[],
  { modelFile, onProgress, signal, ...options }: LearnBasisOptions,
): Promise<Basis> {
  const { prompts, pairs, comparisons } = gatherComparisons(compared);
  const digest = await sha256Of(modelFile, signal);
  const states = await readAnswerFeatures(modelFile, prompts, { onProgress, signal });
  const featuresOf = (prompt: number, answer: number) => [...states[prompt]![answer]!];
  const data = {
    pairs: pairs.map(({ prompt, first, second }) => ({
      first: featuresOf(prompt, first),
      second: featuresOf(prompt, second),
    })),
    comparisons,
  };
  return fitBasis(data, {
    ...options,
    features: `hidden state of ${path.basename(modelFile)} (sha256 ${digest}) after the whole answer`,
  });
}

async function sha256Of(file: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
