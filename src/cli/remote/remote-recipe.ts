import { didYouMean } from '../../faults/index.ts';
import type {
  GeneratedToken,
  GenerateOptions,
  GenerationChunk,
  GenerationResult,
  GenerationStream,
  ModelUsage,
  Prompt,
  ServedRecipe,
  Timings,
} from '../../index.ts';
import type { AnswerOptions, OpenRecipe, RecipeOutline } from '../answerer.ts';
import type { ServerClient } from './server-client.ts';
import { ServerRefusal } from './server-refusal.ts';

/** What the server sends in a chunk, of a chat or of a completion. */
interface Chunk {
  readonly choices: readonly {
    readonly text?: string;
    readonly delta?: { readonly content?: string };
    readonly finish_reason: 'stop' | 'length' | null;
    readonly trimtab?: {
      readonly tokens?: readonly GeneratedToken[];
      readonly rewards?: Readonly<Record<string, number>>;
      readonly kl?: number;
    };
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly trimtab: {
      readonly models: Readonly<Record<string, ModelUsage>>;
      readonly timings: Timings;
      readonly seeds: readonly number[];
    };
  } | null;
}

/** A recipe that a server runs, behind the door that a loaded one has. */
export class RemoteRecipe implements OpenRecipe {
  readonly outline: RecipeOutline;
  readonly #client: ServerClient;

  /** @throws ServerRefusal if the server has no recipe of that name. */
  static async find(
    client: ServerClient,
    name: string,
    signal: AbortSignal,
  ): Promise<RemoteRecipe> {
    const recipes = await client.recipes(signal);
    const served = recipes.find((recipe) => recipe.name === name);
    if (served !== undefined) return new RemoteRecipe(client, served);
    const names = recipes.map((recipe) => recipe.name);
    throw new ServerRefusal(
      `${client.url} serves no recipe ${name}.${didYouMean(name, names)} It serves ${names.join(', ')}.`,
    );
  }

  private constructor(client: ServerClient, served: ServedRecipe) {
    this.#client = client;
    this.outline = toOutline(served);
  }

  stream(prompt: Prompt, options: AnswerOptions = {}): GenerationStream {
    const chunks = this.#chunks(prompt, options);
    let settle!: (result: Promise<GenerationResult>) => void;
    const result = new Promise<GenerationResult>((resolve) => {
      settle = resolve;
    });
    result.catch(() => {}); // whoever iterates learns of the error there
    return {
      result,
      async *[Symbol.asyncIterator]() {
        try {
          settle(Promise.resolve(yield* chunks));
        } catch (error) {
          settle(Promise.reject(error));
          throw error;
        }
      },
    };
  }

  async generate(prompt: Prompt, options: AnswerOptions = {}): Promise<GenerationResult> {
    const chunks = this.#chunks(prompt, options);
    for (;;) {
      const next = await chunks.next();
      if (next.done === true) return next.value;
    }
  }

  /** The server stays. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async *#chunks(
    prompt: Prompt,
    options: AnswerOptions,
  ): AsyncGenerator<GenerationChunk, GenerationResult> {
    const { signal = new AbortController().signal } = options;
    const isText = typeof prompt === 'object' && !('messages' in prompt);
    const path = isText ? '/v1/completions' : '/v1/chat/completions';
    const body = { ...toBody(this.outline.name, options), ...toInput(prompt) };
    let text = '';
    const tokens: GeneratedToken[] = [];
    let finishReason: GenerationResult['finishReason'] | undefined;
    let usage: Chunk['usage'];
    let steering: Pick<GenerationResult, 'rewards' | 'kl'> = {};
    for await (const event of this.#client.events(path, body, signal)) {
      const chunk = event as Chunk;
      usage = chunk.usage ?? usage;
      for (const choice of chunk.choices) {
        finishReason = choice.finish_reason ?? finishReason;
        const { tokens: partTokens = [], ...report } = choice.trimtab ?? {};
        steering = { ...steering, ...report };
        const part = choice.text ?? choice.delta?.content ?? '';
        text += part;
        tokens.push(...partTokens);
        if (part !== '' || partTokens.length > 0) yield { text: part, tokens: partTokens };
      }
    }
    if (!usage || finishReason === undefined) {
      throw new ServerRefusal('The server has not said how the answer ended and what it took.');
    }
    const { models, timings, seeds } = usage.trimtab;
    return {
      text,
      tokens,
      finishReason,
      seed: seeds[0]!,
      ...steering,
      usage: {
        promptTokens: usage.prompt_tokens,
        completionTokens: usage.completion_tokens,
        models,
      },
      timings,
    };
  }
}

function toInput(prompt: Prompt): object {
  if (typeof prompt === 'string') return { messages: [{ role: 'user', content: prompt }] };
  if ('messages' in prompt) return { messages: prompt.messages };
  return { prompt: 'text' in prompt ? prompt.text : prompt.tokens };
}

/** A request's body; what is not given stays the server's and the recipe's to choose. */
function toBody(recipe: string, options: AnswerOptions): object {
  return {
    model: options.only === undefined ? recipe : `${recipe}/${options.only}`,
    stream: true,
    stream_options: { include_usage: true },
    temperature: options.temperature,
    top_k: options.topK,
    top_p: options.topP,
    min_p: options.minP,
    typical_p: options.typicalP,
    repetition_penalty: options.repetitionPenalty,
    presence_penalty: options.presencePenalty,
    frequency_penalty: options.frequencyPenalty,
    logit_bias: options.logitBias,
    seed: options.seed,
    stop: options.stop,
    max_tokens: options.maxTokens,
    ...toConstraintFields(options.constraint),
    trimtab: {
      params: options.params,
      rewards: options.rewards,
      guidance: options.guidance,
      reportRewards: options.reportRewards,
      klBudget: options.klBudget,
      trace: options.trace,
      profile: options.only === undefined ? options.profile : undefined,
    },
  };
}

function toConstraintFields(constraint: GenerateOptions['constraint']): object {
  if (constraint === undefined) return {};
  if (constraint === null) return { response_format: { type: 'text' } };
  if ('jsonSchema' in constraint) return { json_schema: constraint.jsonSchema };
  return constraint;
}

function toOutline(served: ServedRecipe): RecipeOutline {
  const { name, base, expert, modelNames, formula, params, rewards, klBudget, sampling } = served;
  return {
    name,
    base,
    expert,
    modelNames,
    formula,
    rewards: new Map(
      Object.entries(rewards).map(([reward, { weight }]) => [reward, { name: reward, weight }]),
    ),
    klBudget,
    sampling,
    params: new Map(
      Object.entries(params).map(([param, { min, max, ...rest }]) => [
        param,
        { ...rest, min: min ?? -Infinity, max: max ?? Infinity },
      ]),
    ),
  };
}
