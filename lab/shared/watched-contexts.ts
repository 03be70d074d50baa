import type { ModelContext, ModelLoader } from '../../src/index.ts';
import { loadModel } from '../../src/llama/index.ts';

/** Loads as the engine does, and shows the contexts that it makes, in their order, and the names of their models. */
export function watchContexts(
  onContext: (context: ModelContext, model: string) => void,
): ModelLoader {
  return async (source, given) => {
    const model = await loadModel(source.path, given);
    const createContext = model.createContext.bind(model);
    model.createContext = async (options) => {
      const context = await createContext(options);
      onContext(context, model.name);
      return context;
    };
    return model;
  };
}
