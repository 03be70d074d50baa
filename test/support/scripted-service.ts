import {
  InvalidOptionError,
  type GenerateServiceRequest,
  type GenerationResult,
  type InferenceService,
  type ServedRecipe,
  type ServiceStream,
} from '../../src/spec/index.ts';

/** What a service without a model does; what is not said it refuses. */
export interface Script extends Partial<
  Pick<InferenceService, 'load' | 'score' | 'tokenize' | 'scoredPrompts'>
> {
  readonly answer: (request: GenerateServiceRequest) => Promise<GenerationResult>;
}

/** What is known of a recipe that is nothing but a name. */
export function servedRecipe(name: string, given: Partial<ServedRecipe> = {}): ServedRecipe {
  return {
    name,
    description: null,
    state: 'ready',
    failure: null,
    base: 'base',
    expert: null,
    antiExpert: null,
    formula: 'base',
    params: {},
    rewards: {},
    guidance: { method: 'args', candidates: 10 },
    klBudget: null,
    constraint: null,
    profile: null,
    sampling: {},
    modelNames: ['base'],
    models: [],
    ...given,
  };
}

/** An answer of nothing but its text, but for what is given. */
export function resultOf(text: string, given: Partial<GenerationResult> = {}): GenerationResult {
  return {
    text,
    tokens: [],
    finishReason: 'stop',
    seed: 0,
    usage: { promptTokens: 1, completionTokens: 1, models: {} },
    timings: { queuedMs: 0, prefillMs: 0, decodeMs: 0, tokensPerSecond: 0 },
    ...given,
  };
}

/** A service that answers as it is told, for what asks services. */
export function scriptedService({ answer, ...given }: Script): InferenceService {
  const refuse = (): Promise<never> =>
    Promise.reject(new InvalidOptionError('script', 'script: this is not in it.'));
  return {
    status: { state: 'ready', enginePid: null, restarts: 0, stats: noStats },
    recipes: () => [],
    load: async (recipe) => servedRecipe(recipe),
    unload: refuse,
    stream: (request) => streamOf(answer(request)),
    score: refuse,
    tokenize: refuse,
    tokenizePrompt: refuse,
    detokenize: refuse,
    [Symbol.asyncDispose]: async () => {},
    ...given,
  };
}

function streamOf(result: Promise<GenerationResult>): ServiceStream {
  return {
    result,
    async *[Symbol.asyncIterator]() {
      const { text, tokens } = await result;
      yield { text, tokens };
    },
  };
}

const noStats = {
  running: 0,
  queued: 0,
  decodes: 0,
  decodedTokens: 0,
  promptTokens: 0,
  cachedPromptTokens: 0,
  kvCellsUsed: 0,
  kvCells: 0,
  threads: 1,
  mostThreads: 1,
  residentBytes: 0,
};
