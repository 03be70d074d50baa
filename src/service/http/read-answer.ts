import { z } from 'zod';

import {
  EngineUnavailableError,
  type Certificate,
  type DraftUsage,
  type GeneratedToken,
  type GenerateServiceRequest,
  type GenerationChunk,
  type GenerationResult,
  type ModelUsage,
  type RewardUsage,
  type Timings,
} from '../../spec/index.ts';

/** What a server sends in a chunk, of a chat or of a completion, as far as it is read here. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
        trimtab: z
          .object({
            tokens: z.array(z.custom<GeneratedToken>()).default([]),
            rewards: z.record(z.string(), z.number()).optional(),
            kl: z.number().optional(),
            steeredTokens: z.int().optional(),
            certificate: z.custom<Certificate>().optional(),
          })
          .nullish(),
      }),
    )
    .default([]),
  usage: z
    .object({
      prompt_tokens: z.int(),
      completion_tokens: z.int(),
      trimtab: z
        .object({
          models: z.record(z.string(), z.custom<ModelUsage>()),
          drafts: z.record(z.string(), z.custom<DraftUsage>()).optional(),
          rewards: z.record(z.string(), z.custom<RewardUsage>()).optional(),
          timings: z.custom<Timings>(),
          seeds: z.array(z.int()),
        })
        .optional(),
    })
    .nullish(),
});

const noReport: NonNullable<z.output<typeof chunkSchema>['choices'][number]['trimtab']> = {
  tokens: [],
};

/** What is known of an answer before it comes. */
export interface ExpectedAnswer {
  readonly url: string;
  readonly options: GenerateServiceRequest['options'];
  /** What was sent to a server that does not tell the seed. */
  readonly seed: number;
  /** Milliseconds from any origin. */
  readonly now: () => number;
}

/**
 * An answer's events as its chunks and its result.
 * @throws EngineUnavailableError for events that are no answer; what the events throw.
 */
export async function* readAnswer(
  events: AsyncIterable<object>,
  { url, options, seed, now }: ExpectedAnswer,
): AsyncGenerator<GenerationChunk, GenerationResult, undefined> {
  const startedAt = now();
  let firstAt: number | undefined;
  let text = '';
  const tokens: GeneratedToken[] = [];
  let finish: string | undefined;
  let usage: z.output<typeof chunkSchema>['usage'];
  let steering: Pick<GenerationResult, 'rewards' | 'kl' | 'steeredTokens' | 'certificate'> = {};
  for await (const event of events) {
    const { data: chunk, error } = chunkSchema.safeParse(event);
    if (chunk === undefined) throw unreadable(url, `an event is no chunk of an answer`, error);
    usage = chunk.usage ?? usage;
    for (const choice of chunk.choices) {
      finish = choice.finish_reason ?? finish;
      const {
        tokens: traced,
        rewards,
        kl,
        steeredTokens,
        certificate,
      } = choice.trimtab ?? noReport;
      steering = {
        ...steering,
        ...(rewards && { rewards }),
        ...(kl !== undefined && { kl }),
        ...(steeredTokens !== undefined && { steeredTokens }),
        ...(certificate !== undefined && { certificate }),
      };
      const part = choice.text ?? choice.delta?.content ?? '';
      const partTokens = traced.map((token) => asked(token, options));
      text += part;
      tokens.push(...partTokens);
      if (part === '' && partTokens.length === 0) continue;
      firstAt ??= now();
      yield { text: part, tokens: partTokens };
    }
  }
  if (finish === undefined) throw unreadable(url, 'it does not say why the answer ended');
  if (!usage) throw unreadable(url, 'it does not say what the answer took');
  const own = usage.trimtab;
  return {
    text,
    tokens,
    finishReason: finish === 'length' ? 'length' : 'stop',
    seed: own?.seeds[0] ?? seed,
    ...steering,
    usage: {
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
      models: own?.models ?? {},
      ...(own?.drafts && { drafts: own.drafts }),
      ...(own?.rewards && { rewards: own.rewards }),
    },
    timings: own?.timings ?? timingsOf(startedAt, firstAt ?? now(), now(), usage.completion_tokens),
  };
}

/** A traced token with what was asked to be told of it. */
function asked(
  { trace, topLogprobs, ...token }: GeneratedToken,
  options: ExpectedAnswer['options'],
): GeneratedToken {
  const isTraced = options.trace === true;
  const listsOthers = isTraced || (options.topLogprobs ?? 0) > 0;
  return {
    ...token,
    ...(listsOthers && topLogprobs && { topLogprobs }),
    ...(isTraced && trace && { trace }),
  };
}

/** As they are seen from here. */
function timingsOf(startedAt: number, firstAt: number, endedAt: number, tokens: number): Timings {
  const decodeMs = endedAt - firstAt;
  return {
    queuedMs: 0,
    prefillMs: firstAt - startedAt,
    decodeMs,
    tokensPerSecond: tokens > 1 && decodeMs > 0 ? ((tokens - 1) * 1000) / decodeMs : 0,
  };
}

function unreadable(url: string, why: string, cause?: unknown): EngineUnavailableError {
  return new EngineUnavailableError(
    `${url} gave no whole answer: ${why}.`,
    cause === undefined ? {} : { cause },
  );
}
