import { z } from '@hono/zod-openapi';

// What is answered: OpenAI's objects, and in `trimtab` what they have no room for.

const alternative = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int()).nullable(),
});

const chatLogprobs = z.object({
  content: z.array(alternative.extend({ top_logprobs: z.array(alternative) })),
  refusal: z.null(),
});

const completionLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
  text_offset: z.array(z.int()),
});

const tokenLogprob = z.object({ tokenId: z.int(), text: z.string(), logprob: z.number() });

/** The tokens of an answer and why each was chosen: `GeneratedToken` of the library. */
const choiceTrace = z
  .object({
    tokens: z.array(
      z.object({
        tokenId: z.int(),
        text: z.string(),
        logprob: z.number().optional(),
        topLogprobs: z.array(tokenLogprob).optional(),
        trace: z
          .object({
            terms: z.array(
              z.object({
                model: z.string(),
                coefficient: z.number(),
                logprob: z.number(),
                share: z.number(),
              }),
            ),
            baseChoice: tokenLogprob,
            shift: z.number(),
            kl: z.number(),
            topBefore: z.array(tokenLogprob),
            topAfter: z.array(tokenLogprob),
          })
          .optional(),
      }),
    ),
  })
  .openapi('TrimtabTrace');

const usage = z
  .object({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    prompt_tokens_details: z.object({ cached_tokens: z.int() }),
    trimtab: z
      .object({
        models: z.record(
          z.string(),
          z.object({ promptTokens: z.int(), cachedTokens: z.int(), forwards: z.int() }),
        ),
        timings: z.object({
          queuedMs: z.number(),
          prefillMs: z.number(),
          decodeMs: z.number(),
          tokensPerSecond: z.number(),
        }),
        seeds: z.array(z.int()),
      })
      .openapi({
        description: 'By model; timings of the slowest choice; the seed of each choice.',
      }),
  })
  .openapi('Usage');

const finishReason = z.enum(['stop', 'length']);

const head = {
  id: z.string(),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string(),
};

const ofChoice = { index: z.int(), trimtab: choiceTrace.optional() };

export const chatCompletion = z
  .object({
    ...head,
    object: z.literal('chat.completion'),
    choices: z.array(
      z.object({
        ...ofChoice,
        message: z.object({
          role: z.literal('assistant'),
          content: z.string(),
          refusal: z.null(),
        }),
        logprobs: chatLogprobs.nullable(),
        finish_reason: finishReason,
      }),
    ),
    usage,
  })
  .openapi('ChatCompletion');

export const chatChunk = z
  .object({
    ...head,
    object: z.literal('chat.completion.chunk'),
    choices: z.array(
      z.object({
        ...ofChoice,
        delta: z.object({
          role: z.literal('assistant').optional(),
          content: z.string().optional(),
        }),
        logprobs: chatLogprobs.nullable(),
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: usage.nullable().optional(),
  })
  .openapi('ChatCompletionChunk');

const completionChoice = z.object({
  ...ofChoice,
  text: z.string(),
  logprobs: completionLogprobs.nullable(),
  finish_reason: finishReason.nullable(),
});

export const completion = z
  .object({
    ...head,
    object: z.literal('text_completion'),
    choices: z.array(completionChoice),
    usage: usage.nullable().optional(),
  })
  .openapi('Completion');

const errorBody = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
    }),
  })
  .openapi('Error');

export type ChatLogprobs = z.output<typeof chatLogprobs>;
export type CompletionLogprobs = z.output<typeof completionLogprobs>;
export type ChoiceTrace = z.output<typeof choiceTrace>;
export type UsageBody = z.output<typeof usage>;
export type ChatCompletion = z.output<typeof chatCompletion>;
export type ChatChunk = z.output<typeof chatChunk>;
export type Completion = z.output<typeof completion>;

/** Any status of refusal or failure, for the description of a route. */
export const failure = {
  description: 'Refused or failed.',
  content: { 'application/json': { schema: errorBody } },
};

/** A body of JSON that a route requires. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** An answer of JSON. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}
