import { ContextLengthError, type GenerationResult } from '../../spec/index.ts';
import type { AnswerOptions } from '../answer-options.ts';
import type { AnswerPrinter } from '../answer-printer.ts';
import type { Cli } from '../cli.ts';
import type { OpenRecipe } from '../open-recipe.ts';
import { writeLines } from '../output.ts';
import type { ChatSession } from './session.ts';

export interface AnswerQuestionOptions {
  /** How it is answered; by default as the session's settings say. */
  readonly options?: AnswerOptions;
  readonly quiet: boolean;
  readonly forgets: boolean;
  /** What shows an answer. */
  readonly printer: () => AnswerPrinter;
  /** Ends the answer, which is kept as far as it came. */
  readonly signal: AbortSignal;
}

/**
 * Prints the answer to a question of a chat as it comes, and remembers both. A conversation that outgrows its context
 * loses its oldest exchanges first, which is said on stderr.
 * @throws ContextLengthError if forgetting does not help; the signal's reason.
 */
export async function answerQuestion(
  cli: Pick<Cli, 'err'>,
  { service, request }: Pick<OpenRecipe, 'service' | 'request'>,
  session: ChatSession,
  question: string,
  { options = session.options, quiet, forgets, printer, signal }: AnswerQuestionOptions,
): Promise<GenerationResult> {
  const { conversation } = session;
  const recall = conversation.mark();
  let forgotten = forgets ? session.makeRoom() : 0;
  const sayForgotten = () => {
    if (forgotten > 0 && !quiet) writeLines(cli.err, [cli.err.palette.dim(describe(forgotten))]);
    forgotten = 0;
  };
  for (;;) {
    const writer = printer();
    const messages = conversation.ask(question);
    const stream = service.stream(request({ messages }, options, signal));
    let text = '';
    try {
      for await (const chunk of stream) {
        sayForgotten();
        text += chunk.text;
        writer.write(chunk.text);
      }
      writer.end();
      const result = await stream.result;
      session.remember(question, text, { messages, options, result });
      return result;
    } catch (error) {
      writer.end();
      if (signal.aborted && text !== '') session.remember(question, text, undefined);
      const isTooLong = error instanceof ContextLengthError && text === '';
      if (!isTooLong || !forgets) throw error;
      if (!conversation.forgetOldest()) {
        recall(); // the question is too long by itself
        throw error;
      }
      forgotten++;
    }
  }
}

function describe(forgotten: number): string {
  const what =
    forgotten === 1
      ? 'the oldest question and answer are'
      : `the oldest ${forgotten} questions and answers are`;
  return `the context is full: ${what} forgotten (--no-forget ends the chat instead)`;
}
