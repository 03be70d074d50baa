import { readTensor } from '../gguf/index.ts';
import type { GgufHeader, MetadataValue } from '../gguf/index.ts';
import { GgufError } from '../spec/index.ts';
import { headsOf, mostHeads } from './head-rows.ts';
import type { RewardHead } from './linear-head.ts';

/** Metadata of a GGUF file that carries its heads: strings, and float32 as `[heads, embeddingLength]`. */
const keys = {
  heads: 'trimtab.reward.heads',
  weight: 'trimtab.reward.weight',
  bias: 'trimtab.reward.bias',
} as const;

/** Names that converters give the tensors of a head. */
const layers = ['cls.output', 'score'] as const;

/** A GGUF file, its header read. */
export interface OpenModel {
  readonly file: string;
  readonly header: GgufHeader;
  readonly architecture: string;
  readonly embeddingLength: number;
}

/**
 * The heads in a model's own GGUF file: of its metadata, or else of its tensors; none if it has neither.
 * @throws GgufError for heads that do not fit the model, are of several layers, or are no linear ones.
 */
export async function readModelHeads(model: OpenModel): Promise<RewardHead[]> {
  return model.header.metadata.has(keys.weight) ? metadataHeads(model) : tensorHeads(model);
}

function metadataHeads({ file, header, embeddingLength }: OpenModel): RewardHead[] {
  const names = strings(file, keys.heads, header.metadata.get(keys.heads));
  const weight = floats(file, keys.weight, header.metadata.get(keys.weight));
  const given = header.metadata.get(keys.bias);
  const bias = given === undefined ? null : floats(file, keys.bias, given);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw wrong(file, keys.heads, `must name each head once, but is: ${names.join(', ')}`);
  }
  return headsOf(
    { names, weight, bias, embeddingLength },
    (what) => new GgufError(`metadata["${keys.weight}"]`, `${file}: its reward head ${what}`),
  );
}

async function tensorHeads(model: OpenModel): Promise<RewardHead[]> {
  const { file, header, embeddingLength } = model;
  const [layer, other] = layers.filter((name) => header.tensors.has(`${name}.weight`));
  if (layer === undefined) return [];
  const field = `tensor "${layer}.weight"`;
  const refuse = (what: string) =>
    new GgufError(field, `${file}: its reward head, ${field}, ${what}`);
  if (other !== undefined) {
    throw refuse(`is not the only one, "${other}.weight" is another: keep one of them.`);
  }
  if (header.tensors.has('cls.weight')) {
    throw refuse('follows another layer, "cls.weight": only a linear head can be used.');
  }
  const { shape } = header.tensors.get(`${layer}.weight`)!;
  const outputs = shape.slice(1).reduce((product, size) => product * size, 1);
  if (outputs > mostHeads) {
    throw refuse(`has ${outputs} outputs, above the limit of ${mostHeads}: it is no reward head.`);
  }
  const weight = await readTensor(file, header, `${layer}.weight`);
  const hasBias = header.tensors.has(`${layer}.bias`);
  const bias = hasBias ? await readTensor(file, header, `${layer}.bias`) : null;
  return headsOf({ names: labels(model, layer, outputs), weight, bias, embeddingLength }, refuse);
}

/** The file's own labels of the outputs, where it has one for each. */
function labels({ header, architecture }: OpenModel, layer: string, outputs: number): string[] {
  const given = header.metadata.get(`${architecture}.classifier.output_labels`);
  if (given?.type === 'array' && given.elementType === 'string') {
    if (new Set(given.value).size === outputs) return [...given.value];
  }
  return outputs === 1 ? [layer] : Array.from({ length: outputs }, (_, i) => `${layer}.${i}`);
}

function strings(file: string, key: string, value: MetadataValue | undefined): readonly string[] {
  if (value?.type === 'array' && value.elementType === 'string') return value.value;
  throw wrong(file, key, `must be an array of strings, but is ${describe(value)}`);
}

function floats(file: string, key: string, value: MetadataValue | undefined): Float32Array {
  if (value?.type === 'array' && value.elementType === 'float32') {
    return Float32Array.from(value.value);
  }
  throw wrong(file, key, `must be an array of float32, but is ${describe(value)}`);
}

function describe(value: MetadataValue | undefined): string {
  if (value === undefined) return 'absent';
  return value.type === 'array' ? `an array of ${value.elementType}` : `a ${value.type}`;
}

function wrong(file: string, key: string, what: string): GgufError {
  return new GgufError(`metadata["${key}"]`, `${file}: ${key} ${what}.`);
}
