import type { AnswerEncoder, AnswerHead } from './answer.ts';
import { toFinishReason, type ReportedParts } from './chat-answer.ts';
import { toChoiceReport } from './choice-report.ts';
import { answerEnd, toCompletionLogprobs, type ReportedToken } from './logprobs.ts';
import type { TextCompletion } from '../wire/openai-shapes.ts';
import { countCodePoints, TextOffsets } from './text-offsets.ts';
import type { GenerationResult } from '../../spec/index.ts';

/** A prompt that its answer begins with. */
export interface Echo {
  readonly text: string;
  /** Its tokens and their log-probs; empty when they were not asked for. */
  readonly tokens: readonly ReportedToken[];
  readonly tokenCount: number;
}

type Choice = TextCompletion['choices'][number];

/**
 * Chunks and answers of `/v1/completions`.
 * @param echoes - By choice; empty without `echo`.
 * @param maxTokens - The most that an answer may have; 0: nothing is generated.
 */
export function completionEncoder(
  head: () => AnswerHead,
  report: ReportedParts,
  echoes: readonly Echo[],
  maxTokens: number,
): AnswerEncoder<TextCompletion> {
  /** By choice that is streamed. */
  const offsets = new Map<number, TextOffsets>();
  const isEchoOnly = maxTokens === 0;
  return {
    *opening() {
      for (const [index, echo] of echoes.entries()) {
        const choice = { text: echo.text, logprobs: logprobsOf(echo.tokens, index) };
        yield toChunk({ index, ...choice, finish_reason: isEchoOnly ? 'length' : null });
      }
    },
    *chunks({ index, chunk, result }) {
      if (result) {
        const finish_reason = toFinishReason(result);
        const reported = toChoiceReport([], result);
        const end = endOf(index, result);
        const logprobs = end.length === 0 ? null : logprobsOf(end, index);
        yield toChunk({ index, text: '', logprobs, finish_reason, ...reported });
      } else if (
        chunk.text !== '' ||
        (chunk.tokens.length > 0 && (report.logprobs || report.trace))
      ) {
        const { tokens } = chunk;
        const logprobs = tokens.length === 0 ? null : logprobsOf(tokens, index);
        yield toChunk({
          index,
          text: chunk.text,
          logprobs,
          finish_reason: null,
          ...toChoiceReport(report.trace ? chunk.tokens : []),
        });
      }
    },
    usageChunk: (usage) => ({ ...toBody([]), usage }),
    whole: (results, usage) => ({
      ...toBody(isEchoOnly ? echoes.map(toEchoChoice) : results.map(toChoice)),
      usage,
    }),
  };

  function offsetsOf(index: number): TextOffsets {
    const own = offsets.get(index) ?? new TextOffsets(countCodePoints(echoes[index]?.text ?? ''));
    offsets.set(index, own);
    return own;
  }

  function toEchoChoice({ text, tokens }: Echo, index: number): Choice {
    return { index, text, logprobs: logprobsOf(tokens, index), finish_reason: 'length' };
  }

  function toChoice(result: GenerationResult, index: number): Choice {
    const echo = echoes[index];
    const tokens = [...(echo?.tokens ?? []), ...result.tokens, ...endOf(index, result)];
    return {
      index,
      text: (echo?.text ?? '') + result.text,
      logprobs: logprobsOf(tokens, index),
      finish_reason: toFinishReason(result),
      ...toChoiceReport(report.trace ? result.tokens : [], result),
    };
  }

  /**
   * After an echo, an answer that ends by itself has an entry for its end, as OpenAI's do: whoever scores
   * a prompt with `max_tokens` of 1 takes the last entry for the answer, and must not take the prompt's.
   */
  function endOf(index: number, result: GenerationResult): readonly ReportedToken[] {
    const { finishReason, stopString, tokens } = result;
    const isOwn = finishReason === 'stop' && stopString === undefined && tokens.length < maxTokens;
    return isOwn && report.logprobs && echoes[index] !== undefined ? [answerEnd] : [];
  }

  function logprobsOf(tokens: readonly ReportedToken[], index: number): Choice['logprobs'] {
    if (!report.logprobs) return null;
    return toCompletionLogprobs(tokens, report.topLogprobs, offsetsOf(index));
  }

  function toChunk(choice: Choice): TextCompletion {
    return { ...toBody([choice]), ...(report.includeUsage && { usage: null }) };
  }

  function toBody(choices: Choice[]): TextCompletion {
    return { ...head(), object: 'text_completion', choices };
  }
}
