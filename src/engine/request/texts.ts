import { mainEnd } from '../../compose/index.ts';
import type { Continuation, TokenId, Vocabulary } from '../../spec/index.ts';
import type { LoadedModels } from '../load/models.ts';
import { checkTokens } from './prompts.ts';
import { requireModel, type ResolvedRequest } from './request.ts';
import { requireBounded, tokenizeFitting } from './tokenize-fitting.ts';

export interface TokenizeOptions {
  /** Of this model instead of the base. */
  readonly only?: string | undefined;
  /** Add BOS (and EOS) where the model expects them; `false` by default. */
  readonly addSpecial?: boolean;
  /** Read control tokens such as `<|im_end|>` as such; `false` by default. */
  readonly parseSpecial?: boolean;
}

export interface LongTextOptions extends TokenizeOptions {
  /** Refuse what the model's context does not hold; `false` by default. */
  readonly mustFit?: boolean | undefined;
}

/** Texts and tokens of a recipe's models. */
export class RecipeTexts {
  readonly #models: LoadedModels['models'];
  readonly #base: string;

  constructor({ models }: Pick<LoadedModels, 'models'>, base: string) {
    this.#models = models;
    this.#base = base;
  }

  tokenize(
    text: string,
    { only, addSpecial = false, parseSpecial = false }: TokenizeOptions,
  ): TokenId[] {
    return this.#vocabulary(only).tokenize(text, { addSpecial, parseSpecial });
  }

  /** @throws InvalidOptionError, ContextLengthError */
  async tokenizeLong(
    text: string,
    { only, addSpecial = false, parseSpecial = false, mustFit = false }: LongTextOptions,
  ): Promise<TokenId[]> {
    const name = only ?? this.#base;
    const { contextLength } = requireModel(this.#models, name).context;
    requireBounded(text);
    const room = { name, contextLength: mustFit ? contextLength : Infinity };
    return tokenizeFitting(this.#vocabulary(only), text, { addSpecial, parseSpecial }, room);
  }

  /** @throws InvalidOptionError */
  detokenize(tokens: readonly TokenId[], only: string | undefined): string {
    const vocabulary = this.#vocabulary(only);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const parts = tokens.map((id) => decoder.decode(vocabulary.piece(id), { stream: true }));
    return parts.join('') + decoder.decode();
  }

  #vocabulary(only: string | undefined): Vocabulary {
    return requireModel(this.#models, only ?? this.#base).weights.vocabulary;
  }
}

/** The tokens of what is to be scored; a whole answer has its end. @throws InvalidOptionError, ContextLengthError */
export async function readContinuation(
  continuation: Continuation,
  { models, vocabulary }: ResolvedRequest,
  signal: AbortSignal,
): Promise<readonly TokenId[]> {
  const isWhole = typeof continuation === 'object' && 'answer' in continuation;
  if (typeof continuation === 'object' && !isWhole) {
    return checkTokens('continuation', continuation, vocabulary.size);
  }
  const text = isWhole ? continuation.answer : continuation;
  const { name, model } = models[0]!;
  const room = { name, contextLength: model.context.contextLength };
  const options = { addSpecial: false, parseSpecial: false, signal };
  const tokens = await tokenizeFitting(vocabulary, text, options, room);
  const end = isWhole ? mainEnd(vocabulary) : undefined;
  return end === undefined ? tokens : [...tokens, end];
}
