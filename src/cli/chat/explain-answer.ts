import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import type { OpenRecipe } from '../open-recipe.ts';
import { renderSummary, summarizeTrace } from '../render/trace-summary.ts';
import { renderTrace } from '../render/trace-table.ts';
import type { ChatSession } from './session.ts';

/**
 * Why every token of the last answer was chosen. One that was not traced is answered once more, by its seed.
 * @throws UsageError where there is no answer; the signal's reason.
 */
export async function explainAnswer(
  { out }: Pick<Cli, 'out'>,
  { service, request }: Pick<OpenRecipe, 'service' | 'request'>,
  { last }: ChatSession,
  signal: AbortSignal,
): Promise<string[]> {
  if (last === undefined) throw new UsageError('There is no whole answer to explain yet.');
  const { messages, options, result } = last;
  const { text, tokens } =
    options.trace === true
      ? result
      : await service.stream(
          request({ messages }, { ...options, seed: result.seed, trace: true }, signal),
        ).result;
  const summary = summarizeTrace(tokens);
  return [
    ...(text === result.text ? [] : ['Asked again, it is another answer:']),
    ...renderTrace(tokens, out.palette),
    ...(summary === undefined ? [] : [out.palette.dim(renderSummary(summary))]),
  ];
}
