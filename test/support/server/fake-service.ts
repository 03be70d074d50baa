import type {
  GenerateServiceRequest,
  GenerationChunk,
  GenerationResult,
  InferenceService,
  Prompt,
  ServedRecipe,
  ServiceStatus,
  ServiceStream,
} from '../../../src/spec/index.ts';

export interface FakeBehaviour {
  /** Tokens of an answer; the next one waits for what this resolves to. */
  readonly next?: (index: number, request: GenerateServiceRequest) => Promise<string | undefined>;
  readonly state?: ServiceStatus['state'];
  readonly recipe?: Partial<ServedRecipe>;
  /** What is different in the result of an answer. */
  readonly result?: Partial<GenerationResult>;
}

const recipe: ServedRecipe = {
  name: 'fake',
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
};

/** A service without a model, for what a real one does too fast or never: waiting, failing, hanging. */
export class FakeService implements InferenceService {
  readonly requests: GenerateServiceRequest[] = [];
  /** Tokens handed to readers. */
  taken = 0;
  /** Answers that were left before their end. */
  left = 0;
  readonly #behaviour: FakeBehaviour;

  constructor(behaviour: FakeBehaviour = {}) {
    this.#behaviour = behaviour;
  }

  get status(): ServiceStatus {
    const stats = {
      running: 0,
      queued: 0,
      decodes: 7,
      decodedTokens: 21,
      promptTokens: 5,
      cachedPromptTokens: 3,
      kvCellsUsed: 11,
      kvCells: 512,
      threads: 1,
      mostThreads: 1,
      residentBytes: 1,
    };
    return { state: this.#behaviour.state ?? 'ready', enginePid: null, restarts: 2, stats };
  }

  recipes(): readonly ServedRecipe[] {
    return [{ ...recipe, ...this.#behaviour.recipe }];
  }

  load(): Promise<ServedRecipe> {
    return Promise.resolve(recipe);
  }

  async unload(): Promise<void> {}

  stream(request: GenerateServiceRequest): ServiceStream {
    this.requests.push(request);
    const produced: string[] = [];
    let finish!: (result: GenerationResult) => void;
    let fail!: (error: unknown) => void;
    const result = new Promise<GenerationResult>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    result.catch(() => {});
    const read = () => this.#read(request, produced, finish, fail);
    return { result, [Symbol.asyncIterator]: read };
  }

  score(): Promise<never> {
    return Promise.reject(new Error('The fake does not score.'));
  }

  tokenize(_recipe: string, text: string): Promise<number[]> {
    return Promise.resolve([...Buffer.from(text)]);
  }

  tokenizePrompt(_recipe: string, prompt: Prompt): Promise<number[]> {
    return Promise.resolve([...Buffer.from(JSON.stringify(prompt))]);
  }

  detokenize(_recipe: string, tokens: readonly number[]): Promise<string> {
    return Promise.resolve(Buffer.from(tokens).toString());
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async *#read(
    request: GenerateServiceRequest,
    produced: string[],
    finish: (result: GenerationResult) => void,
    fail: (error: unknown) => void,
  ): AsyncGenerator<GenerationChunk> {
    const next = this.#behaviour.next ?? ((index) => Promise.resolve(index < 3 ? 'a' : undefined));
    let isOver = false;
    try {
      for (let index = 0; ; index++) {
        const text = await next(index, request);
        if (text === undefined) break;
        request.signal?.throwIfAborted();
        produced.push(text);
        this.taken++;
        const { calls } = this.#behaviour.result ?? {};
        yield { text, tokens: [{ tokenId: index, text, logprob: -1 }], ...(calls && { calls }) };
      }
      isOver = true;
    } catch (error) {
      fail(error);
      throw error;
    } finally {
      if (!isOver) this.left++;
    }
    finish({
      text: produced.join(''),
      tokens: produced.map((text, tokenId) => ({ tokenId, text, logprob: -1 })),
      finishReason: 'stop',
      seed: request.options.seed ?? 1,
      usage: {
        promptTokens: 2,
        completionTokens: produced.length,
        models: { base: { promptTokens: 2, cachedTokens: 1, forwards: produced.length } },
      },
      timings: { queuedMs: 1, prefillMs: 2, decodeMs: 3, tokensPerSecond: 4 },
      ...this.#behaviour.result,
    });
  }
}

/** Rejects when the request is aborted, and never otherwise. */
export function untilAborted({ signal }: GenerateServiceRequest): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(signal!.reason as Error);
    if (signal!.aborted) onAbort();
    signal!.addEventListener('abort', onAbort, { once: true });
  });
}
