import { z } from '@hono/zod-openapi';

import { optionValue } from './option-fields.ts';

// What is answered: OpenAI's objects, and in `trimtab` what they have no room for.

export const alternative = z.object({
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int()).openapi({ description: 'Together they are the bytes of the text.' }),
});

const chatLogprobs = z.object({
  content: z.array(alternative.extend({ top_logprobs: z.array(alternative) })),
  refusal: z.null(),
});

const completionLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
  text_offset: z
    .array(z.int())
    .openapi({ description: 'Code points of the text before each token.' }),
});

/** Of a token where they are not those of its text. */
const ownBytes = z.array(z.int()).optional();

const tokenLogprob = z.object({
  tokenId: z.int(),
  text: z.string(),
  bytes: ownBytes,
  logprob: z.number(),
});

/** Why a token was chosen: `TokenTrace` of the library. */
const tokenTrace = z.object({
  terms: z.array(
    z.object({
      model: z.string(),
      coefficient: z.number(),
      logprob: z.number(),
      share: z.number(),
    }),
  ),
  models: z
    .array(z.object({ model: z.string(), logprob: z.number() }))
    .optional()
    .openapi({ description: "The log-probs of a method of one's own, in place of terms." }),
  params: z
    .record(z.string(), z.number())
    .optional()
    .openapi({ description: 'What schedules chose of their params at this token.' }),
  rewards: z.array(
    z.object({ name: z.string(), weight: z.number(), value: z.number(), share: z.number() }),
  ),
  klScale: z.number(),
  totalVariation: z.number().optional(),
  draftedBy: z.string().optional(),
  baseChoice: tokenLogprob,
  shift: z.number(),
  kl: z.number(),
  topBefore: z.array(tokenLogprob),
  topAfter: z.array(tokenLogprob),
});

const certificate = z.object({
  exact: z.boolean(),
  uncertainTokens: z.int(),
  totalVariation: z.number(),
});

/** The tokens of an answer and why each was chosen, and what the whole answer is worth. */
export const choiceReport = z
  .object({
    tokens: z
      .array(
        z.object({
          tokenId: z.int(),
          text: z.string(),
          bytes: ownBytes,
          logprob: z.number().optional(),
          topLogprobs: z.array(tokenLogprob).optional(),
          trace: tokenTrace.optional(),
        }),
      )
      .optional(),
    rewards: z.record(z.string(), z.number()).optional(),
    kl: z.number().optional(),
    steeredTokens: z
      .int()
      .optional()
      .openapi({ description: 'Tokens at which a scheduled param was not 0.' }),
    certificate: certificate.extend({ logprobError: z.number().optional() }).optional().openapi({
      description:
        'Of a base on a server: whether every token is the one that whole distributions give, or how far it may be off.',
    }),
  })
  .openapi('TrimtabReport');

export const usage = z
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
        drafts: z.record(z.string(), z.object({ drafted: z.int(), accepted: z.int() })).optional(),
        rewards: z
          .record(z.string(), z.object({ candidates: z.int(), valued: z.int() }))
          .optional(),
        timings: z.object({
          queuedMs: z.number(),
          prefillMs: z.number(),
          decodeMs: z.number(),
          tokensPerSecond: z.number(),
        }),
        seeds: z.array(z.int()),
        certificate: certificate.optional(),
        warnings: z.array(z.string()).optional().openapi({
          description: 'What was probably not meant, e.g. keywords of a schema that ask nothing.',
        }),
      })
      .openapi({
        description:
          'By model; by drafter, where anything was drafted; timings of the slowest choice; the seed of each choice.',
      }),
  })
  .openapi('Usage');

const finishReason = z.enum(['stop', 'length']);

const chatFinishReason = z.enum(['stop', 'length', 'tool_calls']);

const toolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

/** The first delta of a call has its id and name, and all have a part of its arguments. */
const toolCallDelta = z.object({
  index: z.int(),
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.object({ name: z.string().optional(), arguments: z.string() }),
});

/** A profile of the request, and what it asked of the recipe; what the request said itself came first. */
export const appliedProfile = z.object({
  id: z.string(),
  rewards: optionValue('rewards').optional(),
  params: optionValue('params').optional(),
  klBudget: optionValue('klBudget').optional(),
});

/** A context of the request, and what of it the answer has seen. */
export const appliedContext = z.object({
  id: z.string(),
  as: z.enum(['text', 'notes', 'both']),
});

const head = {
  id: z.string(),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string(),
  trimtab: z
    .object({ profile: appliedProfile.optional(), context: appliedContext.optional() })
    .optional(),
};

const ofChoice = { index: z.int(), trimtab: choiceReport.optional() };

export const chatCompletion = z
  .object({
    ...head,
    object: z.literal('chat.completion'),
    choices: z.array(
      z.object({
        ...ofChoice,
        message: z.object({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.null(),
          tool_calls: z.array(toolCall).optional(),
        }),
        logprobs: chatLogprobs.nullable(),
        finish_reason: chatFinishReason,
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
          content: z.string().nullable().optional(),
          tool_calls: z.array(toolCallDelta).optional(),
        }),
        logprobs: chatLogprobs.nullable(),
        finish_reason: chatFinishReason.nullable(),
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

export type ChatLogprobs = z.output<typeof chatLogprobs>;
export type CompletionLogprobs = z.output<typeof completionLogprobs>;
export type ChoiceReport = z.output<typeof choiceReport>;
export type UsageBody = z.output<typeof usage>;
export type ChatCompletion = z.output<typeof chatCompletion>;
export type ChatChunk = z.output<typeof chatChunk>;
export type TextCompletion = z.output<typeof completion>;

/** A body of JSON that a route requires. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** An answer of JSON. */
export function jsonAnswer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}
