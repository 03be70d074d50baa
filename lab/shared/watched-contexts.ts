import type { ModelContext } from '../../src/index.ts';
import { loadModel } from '../../src/llama/index.ts';

/** Loads as the engine does, and shows the contexts that it makes, in their order, and the names of their models. */
export function watchContexts(
  onContext: (context: ModelContext, model: string) => void,
): typeof loadModel {
  return async (...given) => {
    const model = await loadModel(...given);
    const createContext = model.createContext.bind(model);
    model.createContext = async (options) => {
      const context = await createContext(options);
      onContext(context, model.name);
      return context;
    };
    return model;
  };
}
