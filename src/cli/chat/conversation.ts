import type { ChatMessage, GenerationResult } from '../../spec/index.ts';

interface Exchange {
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
  readonly #system: readonly ChatMessage[];
  #exchanges: Exchange[] = [];
  /** Tokens that all of it took at last, of the model whose view is longest; 0 before the first answer. */
  #tokens = 0;

  constructor(system: string | undefined) {
    this.#system = system === undefined ? [] : [{ role: 'system', content: system }];
  }

  /** With one more question. */
  ask(question: string): readonly ChatMessage[] {
    const said = this.#exchanges.flatMap((exchange): ChatMessage[] => [
      { role: 'user', content: exchange.question },
      { role: 'assistant', content: exchange.answer },
    ]);
    return [...this.#system, ...said, { role: 'user', content: question }];
  }

  /** Keeps a question and what was said in reply. @param usage - `undefined` where the answer was left. */
  remember(question: string, answer: string, usage: GenerationResult['usage'] | undefined): void {
    this.#exchanges.push({ question, answer });
    if (usage === undefined) return;
    const prompts = Object.values(usage.models).map(({ promptTokens }) => promptTokens);
    this.#tokens = Math.max(usage.promptTokens, ...prompts) + usage.completionTokens;
  }

  /** Forgets everything but the system message. */
  clear(): void {
    this.#exchanges = [];
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
    const [exchanges, tokens] = [[...this.#exchanges], this.#tokens];
    return () => {
      this.#exchanges = [...exchanges];
      this.#tokens = tokens;
    };
  }

  /** @returns Whether there was an exchange to forget. */
  forgetOldest(): boolean {
    const before = this.#length;
    if (this.#exchanges.shift() === undefined) return false;
    this.#tokens *= this.#length / before;
    return true;
  }

  /** In characters; never 0, as a turn is markup too. */
  get #length(): number {
    return this.ask('?').reduce((sum, { content }) => sum + content.length, 0);
  }
}
