import { uniformAt } from '../../src/math/index.ts';
import { resolveRecipe, type Recipe, type RecipeDocument } from '../../src/recipe/index.ts';
import type {
  GenerateServiceRequest,
  GenerationResult,
  InferenceService,
  ServiceStream,
} from '../../src/spec/index.ts';
import { resultOf } from './scripted-service.ts';

const reward = { words: { a: 1 }, weight: 0 };

/** A recipe of two attributes, one acting as a reward's weight and one through a param. */
export function tasteRecipe(given: Partial<RecipeDocument> = {}): Recipe {
  const document: RecipeDocument = {
    name: 'taste',
    models: { base: 'base.gguf', other: 'other.gguf' },
    base: 'base',
    formula: 'base + drift * (other - base)',
    params: { drift: { default: 0.25, min: -2, max: 2 } },
    rewards: {
      salt: { ...reward, normalization: { mean: 5, deviation: 2 } },
      sweet: { ...reward, normalization: { mean: -1, deviation: 0.5 } },
    },
    profile: {
      attributes: {
        salty: { reward: 'salt', high: 'salt', low: 'blandness' },
        sugary: { reward: 'sweet', param: 'drift', high: 'sugar', low: 'sourness' },
      },
      prompts: ['soup', 'cake', 'bread', 'tea'],
    },
    ...given,
  };
  return resolveRecipe(document, { directory: '/' });
}

/**
 * Answers at once with a text that tells its attributes, in standard deviations: what it was steered
 * with, and noise of the request's seed.
 */
export class TasteService implements InferenceService {
  readonly requests: GenerateServiceRequest[] = [];
  readonly #answer: (request: GenerateServiceRequest) => Promise<Partial<GenerationResult>>;

  constructor(
    answer: (
      request: GenerateServiceRequest,
    ) => Promise<Partial<GenerationResult>> = async () => ({}),
  ) {
    this.#answer = answer;
  }

  get status() {
    return { state: 'ready', enginePid: null, restarts: 0, stats: noStats } as const;
  }

  stream(request: GenerateServiceRequest): ServiceStream {
    this.requests.push(request);
    const result = this.#result(request);
    return {
      result,
      async *[Symbol.asyncIterator]() {
        for (const token of (await result).tokens) yield { text: '', tokens: [token] };
      },
    };
  }

  async #result(request: GenerateServiceRequest): Promise<GenerationResult> {
    const { rewards = {}, params = {}, seed = 0 } = request.options;
    const prompt =
      typeof request.prompt === 'string' ? request.prompt : JSON.stringify(request.prompt);
    const noise = (k: number) => 2 * uniformAt(seed, k) - 1;
    const salty = (rewards['salt'] ?? 0) + noise(0);
    const sugary = (params['drift'] ?? 0.25) - 0.25 + noise(1);
    const given = await this.#answer(request);
    request.signal?.throwIfAborted();
    return resultOf(` ${prompt}: ${salty.toFixed(3)} ${sugary.toFixed(3)}\n`, {
      seed,
      rewards: { salt: 5 + 2 * salty, sweet: -1 + 0.5 * sugary },
      ...given,
    });
  }

  recipes = () => [];
  load = unused;
  unload = unused;
  score = unused;
  tokenize = unused;
  tokenizePrompt = unused;
  detokenize = unused;
  async [Symbol.asyncDispose](): Promise<void> {}
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

function unused(): Promise<never> {
  return Promise.reject(new Error('Profiles only ask for answers.'));
}

/** The attributes that a text tells of, `[salty, sugary]`. */
export function tasteOf(text: string): number[] {
  return text.split(': ')[1]!.split(' ').map(Number);
}
