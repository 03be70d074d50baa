import type { GenerationResult, ServedRecipe } from '../../spec/index.ts';
import { resolveSampling } from '../../sampling/index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import { UsageError } from '../failure.ts';
import { Conversation } from './conversation.ts';
import { ChatSettings } from './settings.ts';

/** An answer, and what it was asked with. */
export interface Answered {
  readonly messages: ReturnType<Conversation['ask']>;
  readonly options: AnswerOptions;
  readonly result: GenerationResult;
}

/** A conversation and its settings: everything of a chat but its terminal. */
export class ChatSession {
  readonly recipe: ServedRecipe;
  readonly settings: ChatSettings;
  readonly conversation: Conversation;
  /** The last answer that came to its end, while it belongs to the conversation. */
  #last: Answered | undefined;

  constructor(recipe: ServedRecipe, options: AnswerOptions, system: string | undefined) {
    this.recipe = recipe;
    this.settings = new ChatSettings(recipe, options);
    this.conversation = new Conversation(system);
  }

  get options(): AnswerOptions {
    return this.settings.options;
  }

  get tracesTokens(): boolean {
    return this.options.trace === true;
  }

  get last(): Answered | undefined {
    return this.#last;
  }

  /** Keeps an exchange, and how it came about. */
  remember(question: string, answer: string, answered: Answered | undefined): void {
    this.conversation.remember(question, answer, answered?.result.usage);
    this.#last = answered;
  }

  /**
   * What the last question is asked anew with: another seed where one was set.
   * @throws UsageError where nothing was asked.
   */
  get again(): AnswerOptions {
    const { options, last } = this;
    if (this.conversation.exchanges.length === 0) throw new UsageError('Nothing was asked yet.');
    if (options.seed === undefined) return options;
    return { ...options, seed: ((last?.result.seed ?? options.seed) + 1) % 2 ** 32 };
  }

  /** Whether the same question has the same answer every time. */
  get isGreedy(): boolean {
    return resolveSampling(this.options, this.recipe.sampling).temperature === 0;
  }

  /** Forgets oldest exchanges until a question and its answer have room. @returns How many. */
  makeRoom(): number {
    const lengths = this.recipe.models.map(({ contextLength }) => contextLength);
    const { maxTokens } = this.options;
    return this.conversation.makeRoom({ contextLength: Math.min(...lengths), maxTokens });
  }
}
