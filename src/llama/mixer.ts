import { ContractError, ModelLoadError, NativeCallError } from '../spec/index.ts';
import type { Adapter, ContextOptions, Mixture } from '../spec/index.ts';
import { readControlVector, type ControlVector } from './control-vector.ts';
import type { NativeModel } from './native-model.ts';
import type { Pointer } from './structs.ts';

/** An adapter in memory, at the scale that it has where all of it is asked for. */
type LoadedAdapter = LoadedLora | LoadedVector;

interface LoadedLora {
  readonly kind: 'lora';
  readonly pointer: Pointer;
  readonly scale: number;
}

interface LoadedVector {
  readonly kind: 'vector';
  readonly vector: ControlVector;
  readonly scale: number;
}

/** What a context mixes: adapters that always act, and skills. */
export interface LoadedAdapters {
  readonly adapters: readonly LoadedAdapter[];
  readonly skills: readonly LoadedAdapter[];
}

/** Reads what a context is to be computed with. @throws GgufError, ModelLoadError naming what does not fit the model. */
export async function loadAdapters(
  model: NativeModel,
  { adapters = [], skills = [] }: Pick<ContextOptions, 'adapters' | 'skills'>,
): Promise<LoadedAdapters> {
  const load = async (adapter: Adapter): Promise<LoadedAdapter> => {
    const { kind, file, scale } = adapter;
    if (!Number.isFinite(scale)) {
      throw new ModelLoadError(
        `The scale of the adapter ${file} is ${scale}; it must be a finite number.`,
      );
    }
    if (kind === 'vector') return { kind, vector: await readControlVector(adapter, model), scale };
    return { kind, pointer: await model.loadAdapter(file), scale };
  };
  const inTurn = async (given: readonly Adapter[]): Promise<LoadedAdapter[]> => {
    const loaded: LoadedAdapter[] = [];
    for (const adapter of given) loaded.push(await load(adapter));
    return loaded;
  };
  return { adapters: await inTurn(adapters), skills: await inTurn(skills) };
}

/**
 * Sets what a context's next decode is computed with: `W + Σ scale · B A` over its adapters and, as far as the mixture
 * says, its skills. What has the weight 0 is no part of the graph. Another mixture than the last one makes llama.cpp plan
 * its graph anew.
 */
export class Mixer {
  /** None of any skill. */
  readonly none: Mixture;
  readonly #model: NativeModel;
  readonly #context: Pointer;
  readonly #loaded: LoadedAdapters;
  #current = '';

  constructor(model: NativeModel, context: Pointer, loaded: LoadedAdapters) {
    this.#model = model;
    this.#context = context;
    this.#loaded = loaded;
    this.none = loaded.skills.map(() => 0);
    if (loaded.adapters.length > 0) this.#set(this.none);
    this.#current = this.none.join();
  }

  /** @throws ContractError */
  require(mixture: Mixture): void {
    const { length } = this.none;
    if (mixture.length === length && mixture.every(Number.isFinite)) return;
    throw new ContractError(
      `The mixture [${mixture.join(', ')}] is not of the context's ${length} skills, a finite weight for each.`,
    );
  }

  /** No decode may be under way. */
  apply(mixture: Mixture): void {
    const key = mixture.join();
    if (key === this.#current) return;
    this.#current = 'unknown';
    this.#set(mixture);
    this.#current = key;
  }

  #set(mixture: Mixture): void {
    const { adapters, skills } = this.#loaded;
    const active = [
      ...adapters,
      ...skills.map((skill, i) => ({ ...skill, scale: skill.scale * mixture[i]! })),
    ];
    this.#setLoras(active.filter((adapter) => adapter.kind === 'lora'));
    this.#setVectors(active.filter((adapter) => adapter.kind === 'vector'));
  }

  #setLoras(loras: readonly LoadedLora[]): void {
    if (loras.length === 0) return;
    const status = this.#model.library.api.setAdapters(
      this.#context,
      BigUint64Array.from(loras, ({ pointer }) => pointer as bigint),
      loras.length,
      Float32Array.from(loras, ({ scale }) => scale),
    );
    if (status !== 0) throw new NativeCallError('llama_set_adapters_lora', status);
  }

  #setVectors(vectors: readonly LoadedVector[]): void {
    if (vectors.length === 0) return;
    const { embeddingLength, library } = this.#model;
    const acting = vectors.filter(({ scale }) => scale !== 0);
    const sum = sumOf(acting);
    const layers = sum === null ? 0 : sum.length / embeddingLength;
    const status = library.api.setControlVector(
      this.#context,
      sum,
      sum?.length ?? 0,
      embeddingLength,
      1,
      layers,
    );
    if (status !== 0) throw new NativeCallError('llama_set_adapter_cvec', status);
  }
}

/** `Σ scale · directions`; `null` where there are none. */
function sumOf(vectors: readonly LoadedVector[]): Float32Array | null {
  if (vectors.length === 0) return null;
  const sum = new Float32Array(vectors[0]!.vector.directions.length);
  for (const { vector, scale } of vectors) {
    for (let i = 0; i < sum.length; i++) sum[i]! += scale * vector.directions[i]!;
  }
  return sum;
}
