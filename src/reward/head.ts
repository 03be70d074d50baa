import { describeModel, readGgufHeader } from '../gguf/index.ts';
import { GgufError, InvalidOptionError } from '../spec/index.ts';
import { readFileHeads } from './file-heads.ts';
import type { RewardHead } from './linear-head.ts';
import { readModelHeads } from './model-heads.ts';

export interface RewardHeadSource {
  /** GGUF file of the model whose hidden states the head reads. */
  readonly modelFile: string;
  /** Safetensors file with the head; `null`: it is in the GGUF file. */
  readonly headFile: string | null;
  /** Which of several heads; `null` is the only one. */
  readonly head: string | null;
}

/**
 * Reads a scalar reward head: from the metadata `trimtab.reward.*` or the tensors of the GGUF file, or
 * from a safetensors file beside it.
 * @throws GgufError for a model file that is malformed, or has a head that does not fit it.
 * @throws InvalidOptionError for a safetensors file likewise; where there is no head, not the one that is
 *   asked for (the message lists those there are), or several and none is asked for.
 */
export async function readRewardHead(source: RewardHeadSource): Promise<RewardHead> {
  const { modelFile, headFile, head } = source;
  const header = await readGgufHeader(modelFile);
  const { architecture, embeddingLength } = describeModel(header);
  if (embeddingLength === null) {
    throw new GgufError(
      'embedding_length',
      `${modelFile} does not say how wide its hidden states are: no head can read them.`,
    );
  }
  const heads =
    headFile === null
      ? await readModelHeads({ file: modelFile, header, architecture, embeddingLength })
      : await readFileHeads(headFile, embeddingLength);
  return chooseHead(heads, head, headFile ?? modelFile);
}

/**
 * The head of this name, or the only one.
 * @param name - `null` is the only one.
 * @param file - That they are of, for the message.
 * @throws InvalidOptionError
 */
export function chooseHead(
  heads: readonly RewardHead[],
  name: string | null,
  file: string,
): RewardHead {
  const [first, ...others] = heads;
  const there = heads.map((head) => head.name).join(', ');
  if (first === undefined) {
    throw new InvalidOptionError(
      'headFile',
      `${file} has no reward head that is known: give a reward model, or its head as a safetensors file.`,
    );
  }
  if (name !== null) {
    const named = heads.find((head) => head.name === name);
    if (named !== undefined) return named;
    throw new InvalidOptionError('head', `${file} has no reward head "${name}"; it has ${there}.`);
  }
  if (others.length === 0) return first;
  throw new InvalidOptionError('head', `${file} has several reward heads: choose one of ${there}.`);
}
