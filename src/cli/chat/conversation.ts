import type { ChatMessage, GenerationResult } from '../../spec/index.ts';

export interface Exchange {
  readonly question: string;
  readonly answer: string;
}

/** What may be taken up of a context. */
export interface ConversationRoom {
  /** Tokens of all that is said; `Infinity` where that is not known. */
  readonly contextLength: number;
  /** Tokens of one answer at most; `undefined`: as many as there is room for. */
  readonly maxTokens: number | undefined;
}

/** What was said in a chat, as far as it is still seen. */
export class Conversation {
  /** What the models are told before all else; `undefined`: nothing. */
  system: string | undefined;
  #exchanges: readonly Exchange[] = [];
  /** Tokens that all of it took at last, of the model whose view is longest; 0 before the first answer. */
  #tokens = 0;

  constructor(system: string | undefined) {
    this.system = system;
  }

  /** What was said, oldest first. */
  get exchanges(): readonly Exchange[] {
    return this.#exchanges;
  }

  /** All of it as messages. */
  get messages(): readonly ChatMessage[] {
    const { system } = this;
    return [
      ...(system === undefined ? [] : [{ role: 'system', content: system } as const]),
      ...this.#exchanges.flatMap(({ question, answer }): ChatMessage[] => [
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ]),
    ];
  }

  /** With one more question. */
  ask(question: string): readonly ChatMessage[] {
    return [...this.messages, { role: 'user', content: question }];
  }

  /** Keeps a question and what was said in reply. @param usage - `undefined` where the answer was left. */
  remember(question: string, answer: string, usage: GenerationResult['usage'] | undefined): void {
    this.#exchanges = [...this.#exchanges, { question, answer }];
    if (usage === undefined) return;
    const prompts = Object.values(usage.models).map(({ promptTokens }) => promptTokens);
    this.#tokens = Math.max(usage.promptTokens, ...prompts) + usage.completionTokens;
  }

  /** Goes on from what was said elsewhere; without any, everything but the system message is forgotten. */
  begin(exchanges: readonly Exchange[] = []): void {
    this.#exchanges = exchanges;
    this.#tokens = 0;
  }

  /**
   * Forgets the oldest exchanges until a question and its answer have room: a quarter of the context, or
   * `maxTokens`, at most half. What an exchange takes is guessed from its share of the characters.
   * @returns How many it has forgotten.
   */
  makeRoom({ contextLength, maxTokens = contextLength / 4 }: ConversationRoom): number {
    if (contextLength === Infinity) return 0;
    const most = contextLength - Math.min(maxTokens, contextLength / 2);
    let forgotten = 0;
    while (this.#tokens > most && this.forgetOldest()) forgotten++;
    return forgotten;
  }

  /** @returns What brings back what is forgotten from now on. */
  mark(): () => void {
    const [exchanges, tokens] = [this.#exchanges, this.#tokens];
    return () => {
      this.#exchanges = exchanges;
      this.#tokens = tokens;
    };
  }

  /** @returns Whether there was an exchange to forget. */
  forgetOldest(): boolean {
    return this.#keep(1, undefined);
  }

  /** @returns Whether there was an exchange to forget. */
  forgetLatest(): boolean {
    return this.#keep(0, -1);
  }

  #keep(from: number, to: number | undefined): boolean {
    if (this.#exchanges.length === 0) return false;
    const before = this.#length;
    this.#exchanges = this.#exchanges.slice(from, to);
    this.#tokens *= this.#length / before;
    return true;
  }

  /** In characters; never 0, as a turn is markup too. */
  get #length(): number {
    return this.ask('?').reduce((sum, { content }) => sum + content.length, 0);
  }
}
