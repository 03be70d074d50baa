import type { GeneratedToken, GenerationResult } from '../../spec/index.ts';
import { errorMappings, type ErrorBody } from '../edge/errors.ts';
import { messageForm, type MessageDeltas } from '../wire/chat-message.ts';
import type { UsageBody } from '../wire/openai-shapes.ts';
import type { ResponseEcho } from '../wire/response-body.ts';
import type { ResponseAnswer, ResponseEvent } from '../wire/response-shapes.ts';
import type { AnswerEncoder, AnswerHead } from './answer.ts';
import type { ReportedParts } from './chat-answer.ts';
import { toChoiceReport } from './choice-report.ts';
import { toChatLogprobs } from './logprobs.ts';
import type { ChoiceEvent } from './choices.ts';
import { createItemWriter, type NextEvent, type ToldTokens } from './response-items.ts';
import { eventSpelling } from './sse.ts';

/** Responses and events of `/v1/responses`, of a chat's one answer. */
export function responseEncoder(
  head: () => AnswerHead,
  echo: ResponseEcho,
  { report, now }: { readonly report: ReportedParts; readonly now: () => number },
): AnswerEncoder<ResponseAnswer> {
  const writer = createItemWriter();
  let deltas: MessageDeltas | undefined;
  /** Tokens that no delta has told of yet. */
  let untold: GeneratedToken[] = [];
  let ended: GenerationResult | undefined;
  let count = 0;

  const numbered = (event: NextEvent): ResponseEvent => ({ ...event, sequence_number: count++ });

  function* take(events: Iterable<NextEvent>): Generator<ResponseEvent, void> {
    for (const event of events) yield numbered(event);
  }

  function* chunks({ chunk, result }: ChoiceEvent): Generator<ResponseEvent, void> {
    deltas ??= messageForm((chunk ?? result).calls).startDeltas();
    if (chunk) untold.push(...chunk.tokens);
    for (const delta of chunk ? deltas.push(chunk.text) : deltas.end()) {
      yield* take(writer.write(delta, tell(untold)));
      untold = [];
    }
    if (result === undefined) return;
    ended = result;
    yield* take(writer.end(statusOf(result), tell(untold)));
  }

  return {
    spelling: eventSpelling,
    *opening() {
      const response = toResponse({ status: 'in_progress' });
      yield numbered({ type: 'response.created', response });
      yield numbered({ type: 'response.in_progress', response });
    },
    chunks,
    // The same items as a stream's, so that each has the log-probs of its own tokens.
    note: (event) => {
      for (const _ of chunks(event));
    },
    usageChunk: (usage) => {
      const response = toFinished(ended!, usage);
      return numbered({ type: `response.${statusOf(ended!)}`, response });
    },
    failure: (body) => [...failed(body)],
    whole: (results, usage) => toFinished(results[0]!, usage),
  };

  function tell(tokens: readonly GeneratedToken[]): ToldTokens {
    const { logprobs, topLogprobs, trace } = report;
    return {
      logprobs: logprobs ? toChatLogprobs(tokens, topLogprobs).content : [],
      ...toChoiceReport(trace ? tokens : []),
    };
  }

  function* failed({ error }: ErrorBody): Generator<ResponseEvent, void> {
    const { code, message, param } = error;
    if (count > 0) {
      const response = toResponse({
        status: 'failed',
        error: { code: toFailure(code), message },
        output: [...writer.items],
      });
      yield numbered({ type: 'response.failed', response });
    }
    yield numbered({ type: 'error', code, message, param, error });
  }

  function toFinished(result: GenerationResult, usage: UsageBody): ResponseAnswer {
    const status = statusOf(result);
    const { trimtab } = toChoiceReport(report.trace ? result.tokens : [], result);
    return toResponse({
      status,
      completed_at: status === 'completed' ? Math.floor(now() / 1000) : null,
      incomplete_details: status === 'completed' ? null : { reason: 'max_output_tokens' },
      output: [...writer.items],
      usage: toResponseUsage(usage),
      ...(trimtab && { trimtab }),
    });
  }

  function toResponse(
    told: Pick<ResponseAnswer, 'status'> & Partial<ResponseAnswer>,
  ): ResponseAnswer {
    const { id, created, model, system_fingerprint, trimtab } = head();
    return {
      id,
      object: 'response',
      created_at: created,
      completed_at: null,
      background: false,
      error: null,
      incomplete_details: null,
      model,
      output: [],
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      service_tier: 'default',
      store: false,
      system_fingerprint,
      truncation: 'disabled',
      usage: null,
      ...echo,
      ...told,
      ...((trimtab ?? told.trimtab) && { trimtab: { ...trimtab, ...told.trimtab } }),
    };
  }
}

function statusOf({ finishReason }: GenerationResult): 'completed' | 'incomplete' {
  return finishReason === 'length' ? 'incomplete' : 'completed';
}

/** One of the few codes that OpenAI has for a response that failed. */
function toFailure(code: string): NonNullable<ResponseAnswer['error']>['code'] {
  const { status } = Object.entries(errorMappings).find(([known]) => known === code)![1];
  if (status === 429) return 'rate_limit_exceeded';
  return status >= 500 ? 'server_error' : 'invalid_prompt';
}

function toResponseUsage(usage: UsageBody): NonNullable<ResponseAnswer['usage']> {
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details.cached_tokens },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.total_tokens,
    trimtab: usage.trimtab,
  };
}
