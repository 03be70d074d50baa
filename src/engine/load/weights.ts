import { loadModel, type LoadModelOptions } from '../../llama/index.ts';
import { requireFile, type RecipeModel } from '../../recipe/index.ts';
import type { FileSource, LanguageModel } from '../../spec/index.ts';
import { weightsKey } from './weights-key.ts';

/** Loads weights: llama.cpp's, or a fake. */
export type ModelLoader = (
  source: FileSource,
  options: Pick<LoadModelOptions, 'gpuLayers' | 'repack' | 'onProgress' | 'signal'>,
) => Promise<LanguageModel>;

export interface LoadProgress {
  /** Name in the recipe of the first model that uses the file. */
  readonly model: string;
  readonly file: string;
  /** Share of this file that is loaded, 0 to 1. */
  readonly share: number;
}

export interface AcquireOptions {
  /** Copy the weights into the processor's own layout: `false` by default. */
  readonly repack?: boolean | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A share in weights, which stay in memory until the last is disposed of. */
export interface HeldWeights extends Disposable {
  readonly model: LanguageModel;
}

interface Entry {
  readonly model: Promise<LanguageModel>;
  holders: number;
}

/** The weights in memory: equal files are loaded once, whatever recipes and models use them. */
export class WeightsStore {
  /** Whether files are loaded by llama.cpp. */
  readonly isNative: boolean;
  readonly #loader: ModelLoader;
  readonly #entries = new Map<string, Entry>();

  constructor(loader?: ModelLoader) {
    this.isNative = loader === undefined;
    this.#loader = loader ?? ((source, options) => loadModel(source.path, options));
  }

  async acquire(declaration: RecipeModel, options: AcquireOptions): Promise<HeldWeights> {
    const key = await weightsKey(declaration, options.repack);
    const entry = this.#entries.get(key) ?? { model: this.#load(declaration, options), holders: 0 };
    this.#entries.set(key, entry);
    entry.holders++;
    try {
      const model = await entry.model;
      let isHeld = true;
      return {
        model,
        [Symbol.dispose]: () => {
          if (isHeld && --entry.holders === 0) {
            this.#entries.delete(key);
            model[Symbol.dispose]();
          }
          isHeld = false;
        },
      };
    } catch (error) {
      this.#entries.delete(key);
      throw error;
    }
  }

  #load(
    { source, name, gpuLayers }: RecipeModel,
    { repack, onProgress, signal }: AcquireOptions,
  ): Promise<LanguageModel> {
    const file = requireFile(source);
    return this.#loader(file, {
      gpuLayers,
      repack: repack === true,
      onProgress: (share) => onProgress?.({ model: name, file: file.path, share }),
      ...(signal && { signal }),
    });
  }
}
