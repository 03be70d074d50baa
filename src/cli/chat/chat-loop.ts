import { ContextLengthError, TrimtabError, type GenerationResult } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { Interrupted } from '../interruption.ts';
import type { OpenRecipe } from '../open-recipe.ts';
import { writeLines } from '../output.ts';
import { renderTrace } from '../render/trace-table.ts';
import { answerQuestion } from './answer-question.ts';
import { LineReader } from './line-reader.ts';
import type { ChatSession } from './session.ts';

export interface ChatLoopOptions {
  readonly quiet: boolean;
  /** Whether a chat that outgrows its context goes on without its oldest exchanges, or ends. */
  readonly forgets: boolean;
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
  const { out, interruption } = cli;
  const { dim, accent, bad } = out.palette;
  using reader = new LineReader(cli, `${accent('>')} `);
  let interrupts = 0;
  if (!options.quiet) {
    const name = out.plain(session.recipe.name);
    out.write(dim(`${name}: ask something. /help lists commands, Ctrl-D leaves.\n`));
  }
  for (;;) {
    const said = await reader.ask(interruption.signal);
    if (said === 'end') {
      out.write('\n');
      return;
    }
    if (said === 'interrupt') {
      interrupts++;
      if (interrupts > 1) throw new Interrupted('SIGINT', 130);
      out.write(dim('Ctrl-C again, or Ctrl-D, leaves.\n'));
      continue;
    }
    interrupts = 0;
    const text = said.text.trim();
    if (text === '') continue;
    try {
      if (text.startsWith('/')) {
        const { lines, leaves } = session.command(text);
        if (leaves) return;
        writeLines(out, lines.map(dim));
      } else {
        interrupts = await answer(cli, opened, session, text, options);
      }
    } catch (error) {
      const ends = !options.forgets && error instanceof ContextLengthError;
      if (ends || !isForgivable(error)) throw error;
      out.write(`${bad('error:')} ${out.plain(error.message)}\n`);
    }
  }
}

/** What the user can mend by saying something else. */
function isForgivable(error: unknown): error is Error {
  return error instanceof TrimtabError || error instanceof UsageError;
}

/** @returns How often the user interrupted: 1 if they ended the answer. */
async function answer(
  cli: Cli,
  opened: OpenRecipe,
  session: ChatSession,
  question: string,
  options: ChatLoopOptions,
): Promise<number> {
  const { out, interruption } = cli;
  const ending = new AbortController();
  using _ = interruption.intercept(() => {
    ending.abort(new Interrupted('SIGINT', 130));
  });
  const signal = AbortSignal.any([ending.signal, interruption.signal]);
  let result: GenerationResult;
  try {
    result = await answerQuestion(cli, opened, session, question, { ...options, signal });
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    out.write(out.palette.dim('(ended)\n\n'));
    return 1;
  }
  if (session.tracesTokens) writeLines(out, renderTrace(result.tokens, out.palette));
  options.onAnswer(result);
  out.write('\n');
  return 0;
}
