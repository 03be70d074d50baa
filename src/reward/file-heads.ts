import { InvalidOptionError } from '../spec/index.ts';
import { headsOf, mostHeads } from './head-rows.ts';
import type { RewardHead } from './linear-head.ts';
import { readSafetensor, readSafetensorsHeader } from './safetensors.ts';
import type { SafetensorsTensor } from './safetensors.ts';

/** Names that trainers give a head, as in `score.weight`; a file of a bare layer has `weight`. */
const layers = ['score', 'v_head.summary', 'value_head', 'v_head', 'reward_head', ''] as const;

/**
 * The heads in a safetensors file; none if it has no layer of a known name. A head is named by its layer,
 * and by its row where that has several: `score`, `score.0`.
 * @param embeddingLength - Of the model that gives the hidden states.
 * @throws InvalidOptionError with option `headFile` for a malformed file, or heads of another width.
 */
export async function readFileHeads(file: string, embeddingLength: number): Promise<RewardHead[]> {
  const tensors = await readSafetensorsHeader(file);
  const heads = layers.map((layer) => readLayer(file, tensors, layer, embeddingLength));
  return (await Promise.all(heads)).flat();
}

async function readLayer(
  file: string,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  layer: string,
  embeddingLength: number,
): Promise<RewardHead[]> {
  const prefix = layer === '' ? '' : `${layer}.`;
  const weight = tensors.get(`${prefix}weight`);
  if (weight === undefined) return [];
  const bias = tensors.get(`${prefix}bias`);
  const refuse = (what: string) =>
    new InvalidOptionError('headFile', `The reward head "${prefix}weight" of ${file} ${what}`);
  const outputs = weight.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  if (outputs < 1 || outputs > mostHeads) {
    throw refuse(`has ${outputs} outputs, but 1 to ${mostHeads} can be: it is no reward head.`);
  }
  const name = layer === '' ? 'weight' : layer;
  const names = Array.from({ length: outputs }, (_, i) => `${name}.${i}`);
  return headsOf(
    {
      names: outputs === 1 ? [name] : names,
      weight: await readSafetensor(file, weight),
      bias: bias === undefined ? null : await readSafetensor(file, bias),
      embeddingLength,
    },
    refuse,
  );
}
