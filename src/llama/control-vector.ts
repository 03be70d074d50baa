import { readGgufHeader, readTensor } from '../gguf/index.ts';
import {
  GgufError,
  ModelLoadError,
  type LanguageModel,
  type VectorAdapter,
} from '../spec/index.ts';

/** A direction for each layer, as llama.cpp takes them. */
export interface ControlVector {
  /** Shape `[layers - 1, embeddingLength]`, from layer 1: 0 where it has no direction. */
  readonly directions: Float32Array;
}

/**
 * Reads a control vector as repeng and llama.cpp's cvector-generator write it: a GGUF file of the architecture
 * `controlvector`, with a `direction.N` of the model's width for the layers that it is added behind.
 * @throws GgufError, ModelLoadError for one that does not fit the model.
 */
export async function readControlVector(
  { file, layers }: Pick<VectorAdapter, 'file' | 'layers'>,
  model: Pick<LanguageModel, 'name' | 'embeddingLength' | 'metadata'>,
): Promise<ControlVector> {
  const header = await readGgufHeader(file);
  const architecture = header.metadata.get('general.architecture')?.value;
  if (architecture !== 'controlvector') {
    throw new GgufError(
      'general.architecture',
      `${file} is no control vector: its general.architecture is ${JSON.stringify(architecture)}, not controlvector.`,
    );
  }
  const count = layerCount(model);
  const width = model.embeddingLength;
  const [first, last] = layers ?? [1, count - 1];
  if (last > count - 1) {
    throw new ModelLoadError(
      `The control vector ${file} is asked for up to layer ${last}; ${model.name} takes them behind its layers 1 to ${count - 1}.`,
    );
  }
  const directions = new Float32Array((count - 1) * width);
  let found = 0;
  for (const { name, shape } of header.tensors.values()) {
    const layer = layerOf(name, file);
    if (layer >= count || shape.length !== 1 || shape[0] !== width) {
      throw new ModelLoadError(
        `The control vector ${file} does not fit the model ${model.name}: ${name} has the shape ${shape.join(' × ')}, and the ` +
          `model ${count} layers of the width ${width}.`,
      );
    }
    if (layer < first || layer > last) continue;
    directions.set(
      requireFinite(await readTensor(file, header, name), name, file),
      (layer - 1) * width,
    );
    found++;
  }
  if (found > 0) return { directions };
  throw new ModelLoadError(
    `The control vector ${file} has no direction for the layers ${first} to ${last}: it would do nothing.`,
  );
}

function layerOf(name: string, file: string): number {
  const layer = Number(/^direction\.(\d{1,6})$/.exec(name)?.[1]);
  if (layer >= 1) return layer;
  throw new GgufError(
    name,
    `${file} has the tensor ${JSON.stringify(name)}; a control vector has direction.1 and so on alone.`,
  );
}

function requireFinite(direction: Float32Array, name: string, file: string): Float32Array {
  if (direction.every(Number.isFinite)) return direction;
  throw new GgufError(name, `${name} of ${file} has values that are not finite.`);
}

function layerCount({ metadata }: Pick<LanguageModel, 'metadata'>): number {
  return Number(metadata.get(`${metadata.get('general.architecture')}.block_count`));
}
