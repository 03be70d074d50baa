import path from 'node:path';

import type { ModelLoader } from '../../../src/engine/index.ts';
import { ModelLoadError } from '../../../src/spec/index.ts';
import type { FakeModelOptions } from './fake-model-options.ts';
import { FakeModel } from './fake-model.ts';

/** A loader of fakes, for `EngineOptions.loader`. */
export interface FakeLoader {
  readonly loader: ModelLoader;
  /** The model loaded last under a name. @throws If there is none. */
  readonly loaded: (name: string) => FakeModel;
}

/**
 * Loads fakes instead of files. A recipe's `file` names one by its base name without extension, so
 * `{ models: { base: 'base.gguf' } }` gets `fakes.base`; an error there is what loading throws.
 */
export function fakeLoader(fakes: Readonly<Record<string, FakeModelOptions | Error>>): FakeLoader {
  const models = new Map<string, FakeModel>();
  return {
    loader: async ({ path: file }, { onProgress, signal }) => {
      signal?.throwIfAborted();
      const { name, base } = path.parse(file);
      const fake = fakes[name];
      if (fake === undefined) throw new ModelLoadError(`There is no fake for ${base}.`);
      if (fake instanceof Error) throw fake;
      const model = new FakeModel(base, fake);
      models.set(name, model);
      onProgress?.(1);
      return model;
    },
    loaded: (name) => {
      const model = models.get(name);
      if (model === undefined) throw new Error(`No fake "${name}" was loaded.`);
      return model;
    },
  };
}
