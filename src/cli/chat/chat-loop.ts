import { ContextLengthError, TrimtabError, type GenerationResult } from '../../spec/index.ts';
import type { AnswerPrinter } from '../answer-printer.ts';
import type { AnswerOptions } from '../answer-options.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { Interrupted } from '../interruption.ts';
import type { OpenRecipe } from '../open-recipe.ts';
import { writeLines } from '../output.ts';
import { renderTrace } from '../render/trace-table.ts';
import { answerQuestion } from './answer-question.ts';
import { runCommand, type Deed } from './commands.ts';
import { explainAnswer } from './explain-answer.ts';
import type { ChatHistory } from './history.ts';
import { LineReader } from './line-reader.ts';
import { readChat, saveChat } from './saved-chat.ts';
import type { ChatSession } from './session.ts';

export interface ChatLoopOptions {
  readonly quiet: boolean;
  /** Whether a chat that outgrows its context goes on without its oldest exchanges, or ends. */
  readonly forgets: boolean;
  readonly history: ChatHistory;
  /** What shows an answer. */
  readonly printer: () => AnswerPrinter;
  /** Called after each answer. */
  readonly onAnswer: (result: GenerationResult) => void;
}

/** Talks with whoever sits at the terminal until they leave. */
export async function chat(
  cli: Cli,
  opened: OpenRecipe,
  session: ChatSession,
  options: ChatLoopOptions,
): Promise<void> {
  await new Chat(cli, opened, session, options).run();
}

class Chat {
  readonly #cli: Cli;
  readonly #opened: OpenRecipe;
  readonly #session: ChatSession;
  readonly #options: ChatLoopOptions;

  constructor(cli: Cli, opened: OpenRecipe, session: ChatSession, options: ChatLoopOptions) {
    this.#cli = cli;
    this.#opened = opened;
    this.#session = session;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { out, interruption } = this.#cli;
    using reader = new LineReader(this.#cli, out.palette.accent('>'), this.#options.history);
    let interrupts = 0;
    this.#greet();
    for (;;) {
      const said = await reader.ask(interruption.signal);
      if (said === 'end') {
        out.write('\n');
        return;
      }
      if (said === 'interrupt') {
        interrupts++;
        if (interrupts > 1) throw new Interrupted('SIGINT', 130);
        out.write(out.palette.dim('Ctrl-C again, or Ctrl-D, leaves.\n'));
        continue;
      }
      interrupts = 0;
      const text = said.text.trim();
      if (text === '') continue;
      const reply = await this.#forgive(() => this.#reply(text));
      if (reply === 'leave') return;
      if (reply === 'interrupted') interrupts = 1;
    }
  }

  #greet(): void {
    if (this.#options.quiet) return;
    const { out } = this.#cli;
    const name = out.plain(this.#session.recipe.name);
    out.write(out.palette.dim(`${name}: ask something. /help lists commands, Ctrl-D leaves.\n`));
  }

  /** Says what the user can mend by saying something else. */
  async #forgive(reply: () => Promise<Reply>): Promise<Reply> {
    try {
      return await reply();
    } catch (error) {
      const ends = !this.#options.forgets && error instanceof ContextLengthError;
      if (ends || !isForgivable(error)) throw error;
      const { out } = this.#cli;
      out.write(`${out.palette.bad('error:')} ${out.plain(error.message)}\n`);
      return 'done';
    }
  }

  async #reply(text: string): Promise<Reply> {
    if (!text.startsWith('/')) return this.#interruptible((signal) => this.#answer(text, signal));
    const { out } = this.#cli;
    const { lines, deed } = runCommand(this.#session, text);
    writeLines(
      out,
      lines.map((line) => out.palette.dim(out.plain(line))),
    );
    return deed === undefined ? 'done' : this.#do(deed);
  }

  async #do(deed: Deed): Promise<Reply> {
    if (deed.kind === 'leave') return 'leave';
    if (deed.kind === 'regenerate')
      return this.#interruptible((signal) => this.#regenerate(signal));
    if (deed.kind === 'explain') return this.#interruptible((signal) => this.#explain(signal));
    await (deed.kind === 'save' ? this.#save(deed.file) : this.#load(deed.file));
    return 'done';
  }

  async #explain(signal: AbortSignal): Promise<void> {
    const lines = await explainAnswer(this.#cli, this.#opened, this.#session, signal);
    writeLines(this.#cli.out, lines);
  }

  async #save(file: string): Promise<void> {
    await saveChat(file, this.#session.conversation);
    this.#say(`${file} has the conversation.`);
  }

  async #load(file: string): Promise<void> {
    const { conversation } = this.#session;
    const { system, exchanges } = await readChat(file);
    conversation.system = system;
    conversation.begin(exchanges);
    this.#say(`It goes on from ${counted(exchanges.length)} of ${file}.`);
  }

  #say(line: string): void {
    const { out } = this.#cli;
    writeLines(out, [out.palette.dim(out.plain(line))]);
  }

  /** Ctrl-C ends the work and not the chat. */
  async #interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<Reply> {
    const { out, interruption } = this.#cli;
    const ending = new AbortController();
    using _ = interruption.intercept(() => {
      ending.abort(new Interrupted('SIGINT', 130));
    });
    try {
      await work(AbortSignal.any([ending.signal, interruption.signal]));
      return 'done';
    } catch (error) {
      if (!ending.signal.aborted) throw error;
      out.write(out.palette.dim('(ended)\n\n'));
      return 'interrupted';
    }
  }

  async #answer(question: string, signal: AbortSignal, options?: AnswerOptions): Promise<void> {
    const { out } = this.#cli;
    const session = this.#session;
    const result = await answerQuestion(this.#cli, this.#opened, session, question, {
      ...this.#options,
      ...(options !== undefined && { options }),
      signal,
    });
    if (session.tracesTokens) writeLines(out, renderTrace(result.tokens, out.palette));
    this.#options.onAnswer(result);
    out.write('\n');
  }

  /** Where nothing comes of it, the earlier answer stays. */
  async #regenerate(signal: AbortSignal): Promise<void> {
    const { conversation, again, isGreedy } = this.#session;
    const { question, answer } = conversation.exchanges.at(-1)!;
    const recall = conversation.mark();
    conversation.forgetLatest();
    const { length } = conversation.exchanges;
    try {
      await this.#answer(question, signal, again);
    } finally {
      if (conversation.exchanges.length === length) recall();
    }
    const isSame = conversation.exchanges.at(-1)?.answer === answer;
    if (isSame && isGreedy) {
      this.#say('It is the same again: the temperature is 0. /temperature 1 lets it differ.');
    }
  }
}

type Reply = 'done' | 'interrupted' | 'leave';

function isForgivable(error: unknown): error is Error {
  return error instanceof TrimtabError || error instanceof UsageError;
}

function counted(exchanges: number): string {
  return exchanges === 1 ? 'one question and answer' : `${exchanges} questions and answers`;
}
