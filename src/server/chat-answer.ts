import type { GeneratedToken, GenerationResult } from '../spec/index.ts';
import type { AnswerEncoder, AnswerHead } from './answer.ts';
import { toChatLogprobs, toChoiceTrace } from './logprobs.ts';
import type { ChatChunk, ChatCompletion } from './openai-shapes.ts';

export interface ReportedParts {
  readonly logprobs: boolean;
  /** Alternatives listed per token. */
  readonly topLogprobs: number;
  readonly trace: boolean;
  /** Whether every chunk but the last says that it has no usage. */
  readonly includeUsage: boolean;
}

type ChunkChoice = ChatChunk['choices'][number];

/** Chunks and answers of `/v1/chat/completions`. */
export function chatEncoder(
  head: () => AnswerHead,
  report: ReportedParts,
): AnswerEncoder<ChatCompletion> {
  const opened = new Set<number>();
  return {
    *chunks({ index, chunk, result }) {
      if (!opened.has(index)) yield toChunk(index, { role: 'assistant', content: '' });
      opened.add(index);
      if (result) yield toChunk(index, {}, [], toFinishReason(result));
      else if (
        chunk.text !== '' ||
        (chunk.tokens.length > 0 && (report.logprobs || report.trace))
      ) {
        yield toChunk(index, { content: chunk.text }, chunk.tokens);
      }
    },
    usageChunk: (usage) => ({ ...chunkHead(), choices: [], usage }) satisfies ChatChunk,
    whole: (results, usage) => ({
      ...head(),
      object: 'chat.completion',
      choices: results.map((result, index) => ({
        index,
        message: { role: 'assistant', content: result.text, refusal: null },
        ...reported(result.tokens),
        finish_reason: toFinishReason(result),
      })),
      usage,
    }),
  };

  function toChunk(
    index: number,
    delta: ChunkChoice['delta'],
    tokens: readonly GeneratedToken[] = [],
    finish: ChunkChoice['finish_reason'] = null,
  ): ChatChunk {
    const parts = tokens.length === 0 ? { logprobs: null } : reported(tokens);
    const choice = { index, delta, ...parts, finish_reason: finish };
    return { ...chunkHead(), choices: [choice], ...(report.includeUsage && { usage: null }) };
  }

  function chunkHead() {
    return { ...head(), object: 'chat.completion.chunk' as const };
  }

  function reported(tokens: readonly GeneratedToken[]) {
    return {
      logprobs: report.logprobs ? toChatLogprobs(tokens, report.topLogprobs) : null,
      ...(report.trace && { trimtab: toChoiceTrace(tokens) }),
    };
  }
}

/** A generation that failed has thrown: what is left is an end, or a lack of room. */
export function toFinishReason({
  finishReason,
}: Pick<GenerationResult, 'finishReason'>): 'stop' | 'length' {
  return finishReason === 'length' ? 'length' : 'stop';
}
