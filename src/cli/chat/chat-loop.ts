import { TrimtabError, type GenerationResult } from '../../spec/index.ts';
import { answerPrinter } from '../answer-printer.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { Interrupted } from '../interruption.ts';
import type { OpenRecipe } from '../open-recipe.ts';
import { writeLines } from '../output.ts';
import { renderTrace } from '../render/trace-table.ts';
import { LineReader } from './line-reader.ts';
import type { ChatSession } from './session.ts';

export interface ChatLoopOptions {
  readonly quiet: boolean;
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
  using reader = new LineReader(`${accent('>')} `);
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
      if (!isForgivable(error)) throw error;
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
  { out, interruption }: Cli,
  opened: OpenRecipe,
  session: ChatSession,
  question: string,
  { onAnswer }: ChatLoopOptions,
): Promise<number> {
  const ending = new AbortController();
  using _ = interruption.intercept(() => {
    ending.abort(new Interrupted('SIGINT', 130));
  });
  const signal = AbortSignal.any([ending.signal, interruption.signal]);
  const prompt = { messages: session.ask(question) };
  const stream = opened.service.stream(opened.request(prompt, session.options, signal));
  const writer = answerPrinter(out, { trimStart: true });
  let text = '';
  try {
    for await (const chunk of stream) {
      text += chunk.text;
      writer.write(chunk.text);
    }
    writer.end();
    const result = await stream.result;
    session.remember(question, text);
    if (session.tracesTokens) writeLines(out, renderTrace(result.tokens, out.palette));
    onAnswer(result);
    out.write('\n');
    return 0;
  } catch (error) {
    writer.end();
    if (!ending.signal.aborted) throw error;
    if (text !== '') session.remember(question, text);
    out.write(out.palette.dim('(ended)\n\n'));
    return 1;
  }
}
