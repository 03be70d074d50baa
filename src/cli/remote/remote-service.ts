import type { EvaluationService } from '../../evaluation/index.ts';
import type { GenerateServiceRequest, GenerationResult } from '../../index.ts';
import { RemoteRecipe } from './remote-recipe.ts';
import type { ServerClient } from './server-client.ts';

/** A server's recipes, for evaluations: it generates, and does not tell likelihoods after a prompt. */
export function createRemoteService(client: ServerClient): EvaluationService & AsyncDisposable {
  const found = new Map<string, RemoteRecipe>();
  const generate = async (request: GenerateServiceRequest): Promise<GenerationResult> => {
    const { recipe, prompt, options, signal } = request;
    return found.get(recipe)!.generate(prompt, { ...options, ...(signal && { signal }) });
  };
  return {
    async load(recipe, signal = new AbortController().signal) {
      const remote = await RemoteRecipe.find(client, recipe, signal);
      found.set(recipe, remote);
      return remote.outline;
    },
    stream: (request) => ({ result: generate(request) }),
    /** The server stays. */
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
