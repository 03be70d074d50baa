import { rename } from 'node:fs/promises';

import {
  encodeTensor,
  readGgufHeader,
  readTensor,
  readTensorBytes,
  writeGguf,
  type TensorSource,
  type WritableType,
} from '../gguf/index.ts';
import type { SvfExpert } from './expert-file.ts';
import { addLowRankInPlace, toLowRank } from './low-rank.ts';
import { decomposeFor, type DecomposeOptions } from './model-matrices.ts';

/** An expert, and how much of it. */
export interface WeightedExpert {
  readonly expert: SvfExpert;
  readonly weight: number;
}

export interface WriteWeightsOptions extends DecomposeOptions {
  /** Every tensor as float32, in place of its own type. */
  readonly float32?: boolean;
}

/**
 * Writes the model with experts in its weights, `W + Σ weight · U diag(σ ∘ (z − 1)) Vᵀ`: at the speed of the model alone.
 * Matrices that change are quantised again as they were (F32, F16 and Q8_0; others become F16), the others copied.
 * @throws ModelLoadError for an expert of another model, GgufError for weights that cannot be read as numbers.
 */
export async function writeWeights(
  model: string,
  mixture: readonly WeightedExpert[],
  target: string,
  { float32 = false, ...options }: WriteWeightsOptions = {},
): Promise<void> {
  const changed = new Map<string, Float32Array>();
  const experts = mixture.map(({ expert }) => expert);
  for await (const { name, weights, decomposition, zs } of decomposeFor(model, experts, options)) {
    // All of the model's own weights: what one expert changes is nothing to the next.
    const changes = zs.map((z) => z && toLowRank(weights, decomposition, z));
    for (const [i, change] of changes.entries()) {
      if (change !== null) addLowRankInPlace(weights, change, mixture[i]!.weight);
    }
    changed.set(name, weights.values);
  }
  const header = await readGgufHeader(model);
  const tensors = [...header.tensors.values()].map(({ name, shape, type }): TensorSource => {
    const own = changed.get(name);
    if (own === undefined && !float32) {
      return {
        name,
        shape,
        type,
        async *data() {
          yield await readTensorBytes(model, header, name);
        },
      };
    }
    const written = float32 ? 'F32' : writableAs(type);
    async function* data() {
      yield encodeTensor(own ?? (await readTensor(model, header, name)), written);
    }
    return { name, shape, type: written, data };
  });
  const metadata = new Map(header.metadata);
  metadata.delete('general.alignment');
  const part = `${target}.${process.pid}.part`;
  await writeGguf(part, { metadata, tensors });
  await rename(part, target);
}

function writableAs(type: string): WritableType {
  return type === 'F32' || type === 'Q8_0' ? type : 'F16';
}
