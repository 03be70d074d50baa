import type { GeneratedToken, GenerationResult } from '../../spec/index.ts';
import type { AnswerEncoder, AnswerHead } from './answer.ts';
import { toChoiceReport } from './choice-report.ts';
import { messageForm, type MessageDelta, type MessageDeltas } from '../wire/chat-message.ts';
import { toChatLogprobs } from './logprobs.ts';
import type { ChatChunk, ChatCompletion } from '../wire/openai-shapes.ts';

export interface ReportedParts {
  readonly logprobs: boolean;
  /** Alternatives listed per token. */
  readonly topLogprobs: number;
  readonly trace: boolean;
  /** Whether every chunk but the last says that it has no usage. */
  readonly includeUsage: boolean;
}

type FinishReason = NonNullable<ChatChunk['choices'][number]['finish_reason']>;

/** Chunks and answers of `/v1/chat/completions`. */
export function chatEncoder(
  head: () => AnswerHead,
  report: ReportedParts,
): AnswerEncoder<ChatCompletion> {
  const opened = new Map<number, MessageDeltas>();
  return {
    *chunks({ index, chunk, result }) {
      const form = messageForm((chunk ?? result).calls);
      if (!opened.has(index)) yield toChunk(index, form.opening);
      const deltas = opened.get(index) ?? form.startDeltas();
      opened.set(index, deltas);
      if (result) {
        for (const rest of deltas.end()) yield toChunk(index, rest);
        yield toLastChunk(index, result, deltas.hasCalls);
        return;
      }
      const [first, ...others] = deltas.push(chunk.text);
      const isReported = chunk.tokens.length > 0 && (report.logprobs || report.trace);
      if (first !== undefined || isReported) yield toChunk(index, first ?? {}, chunk.tokens);
      for (const delta of others) yield toChunk(index, delta);
    },
    usageChunk: (usage) => ({ ...chunkHead(), choices: [], usage }) satisfies ChatChunk,
    whole: (results, usage) => ({
      ...head(),
      object: 'chat.completion',
      choices: results.map((result, index) => {
        const message = messageForm(result.calls).message(result.text);
        return {
          index,
          message,
          logprobs: logprobsOf(result.tokens),
          ...toChoiceReport(report.trace ? result.tokens : [], result),
          finish_reason: finishReasonOf(result, message.tool_calls !== undefined),
        };
      }),
      usage,
    }),
  };

  function toChunk(
    index: number,
    delta: MessageDelta,
    tokens: readonly GeneratedToken[] = [],
  ): ChatChunk {
    const logprobs = tokens.length === 0 ? null : logprobsOf(tokens);
    const reported = toChoiceReport(report.trace ? tokens : []);
    return ofChoice({ index, delta, logprobs, ...reported, finish_reason: null });
  }

  function toLastChunk(index: number, result: GenerationResult, hasCalls: boolean): ChatChunk {
    const finish_reason = finishReasonOf(result, hasCalls);
    const reported = toChoiceReport([], result);
    return ofChoice({ index, delta: {}, logprobs: null, ...reported, finish_reason });
  }

  function ofChoice(choice: ChatChunk['choices'][number]): ChatChunk {
    return { ...chunkHead(), choices: [choice], ...(report.includeUsage && { usage: null }) };
  }

  function chunkHead() {
    return { ...head(), object: 'chat.completion.chunk' as const };
  }

  function logprobsOf(tokens: readonly GeneratedToken[]) {
    return report.logprobs ? toChatLogprobs(tokens, report.topLogprobs) : null;
  }
}

function finishReasonOf(result: GenerationResult, hasCalls: boolean): FinishReason {
  const reason = toFinishReason(result);
  return reason === 'stop' && hasCalls ? 'tool_calls' : reason;
}

/** A generation that failed has thrown: what is left is an end, or a lack of room. */
export function toFinishReason({
  finishReason,
}: Pick<GenerationResult, 'finishReason'>): 'stop' | 'length' {
  return finishReason === 'length' ? 'length' : 'stop';
}
