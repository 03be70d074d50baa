import { z } from '@hono/zod-openapi';

import {
  alternative,
  appliedContext,
  appliedProfile,
  choiceReport,
  usage as chatUsage,
} from './openai-shapes.ts';

// What `POST /v1/responses` answers: OpenAI's objects, and in `trimtab` what they have no room for.

const status = z.enum(['in_progress', 'completed', 'incomplete']);

const logprobs = z.array(alternative.extend({ top_logprobs: z.array(alternative) }));

const outputText = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.custom<never>().openapi({ type: 'object' })).max(0),
  logprobs,
});

const message = z.object({
  type: z.literal('message'),
  id: z.string(),
  status,
  role: z.literal('assistant'),
  content: z.array(outputText),
});

const functionCall = z.object({
  type: z.literal('function_call'),
  id: z.string(),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
  status,
});

const outputItem = z.discriminatedUnion('type', [message, functionCall]);

const usage = z
  .object({
    input_tokens: z.int(),
    input_tokens_details: z.object({ cached_tokens: z.int() }),
    output_tokens: z.int(),
    output_tokens_details: z.object({ reasoning_tokens: z.literal(0) }),
    total_tokens: z.int(),
    trimtab: chatUsage.shape.trimtab,
  })
  .openapi('ResponseUsage');

const jsonSchema = z.record(z.string(), z.unknown());

const textFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    name: z.string(),
    description: z.string().exactOptional(),
    schema: jsonSchema,
    strict: z.boolean(),
  }),
  z.looseObject({ type: z.literal('structural_tag') }),
]);

const tool = z.object({
  type: z.literal('function'),
  name: z.string(),
  description: z.string().nullable(),
  parameters: jsonSchema.nullable(),
  strict: z.boolean(),
});

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.object({ type: z.literal('function'), name: z.string() }),
]);

export const response = z
  .object({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.int(),
    completed_at: z.int().nullable(),
    status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
    background: z.literal(false),
    error: z
      .object({
        code: z.enum(['server_error', 'rate_limit_exceeded', 'invalid_prompt']),
        message: z.string(),
      })
      .nullable(),
    incomplete_details: z.object({ reason: z.literal('max_output_tokens') }).nullable(),
    instructions: z.string().nullable(),
    max_output_tokens: z.int().nullable(),
    metadata: z.record(z.string(), z.string()),
    model: z.string(),
    output: z.array(outputItem),
    parallel_tool_calls: z.boolean(),
    previous_response_id: z.null(),
    reasoning: z.object({ effort: z.null(), summary: z.null() }),
    service_tier: z.literal('default'),
    store: z.literal(false),
    system_fingerprint: z.string(),
    temperature: z.number().nullable().openapi({ description: "`null`: the recipe's." }),
    text: z.object({ format: textFormat }),
    tool_choice: toolChoice,
    tools: z.array(tool),
    top_logprobs: z.int(),
    top_p: z.number().nullable().openapi({ description: "`null`: the recipe's." }),
    truncation: z.literal('disabled'),
    usage: usage.nullable(),
    trimtab: choiceReport
      .extend({ profile: appliedProfile.optional(), context: appliedContext.optional() })
      .optional(),
  })
  .openapi('Response');

const ofEvent = { sequence_number: z.int() };

const ofItem = { ...ofEvent, item_id: z.string(), output_index: z.int() };

const ofText = { ...ofItem, content_index: z.int() };

function eventOf<Type extends string, Shape extends z.core.$ZodLooseShape>(
  type: Type,
  shape: Shape,
) {
  return z.object({ type: z.literal(type), ...shape });
}

/** An event of a stream. */
export const responseEvent = z
  .discriminatedUnion('type', [
    eventOf('response.created', { ...ofEvent, response }),
    eventOf('response.in_progress', { ...ofEvent, response }),
    eventOf('response.output_item.added', { ...ofEvent, output_index: z.int(), item: outputItem }),
    eventOf('response.content_part.added', { ...ofText, part: outputText }),
    eventOf('response.output_text.delta', {
      ...ofText,
      delta: z.string(),
      logprobs,
      trimtab: choiceReport.optional(),
    }),
    eventOf('response.output_text.done', { ...ofText, text: z.string(), logprobs }),
    eventOf('response.content_part.done', { ...ofText, part: outputText }),
    eventOf('response.function_call_arguments.delta', {
      ...ofItem,
      delta: z.string(),
      trimtab: choiceReport.optional(),
    }),
    eventOf('response.function_call_arguments.done', {
      ...ofItem,
      name: z.string(),
      arguments: z.string(),
    }),
    eventOf('response.output_item.done', { ...ofEvent, output_index: z.int(), item: outputItem }),
    eventOf('response.completed', { ...ofEvent, response }),
    eventOf('response.incomplete', { ...ofEvent, response }),
    eventOf('response.failed', { ...ofEvent, response }),
    eventOf('error', {
      ...ofEvent,
      code: z.string(),
      message: z.string(),
      param: z.string().nullable(),
      error: z
        .object({
          message: z.string(),
          type: z.string(),
          param: z.string().nullable(),
          code: z.string(),
        })
        .openapi({ description: 'The same, by which clients of chats know an error.' }),
    }),
  ])
  .openapi('ResponseEvent');

export const inputTokens = z
  .object({ object: z.literal('response.input_tokens'), input_tokens: z.int() })
  .openapi('ResponseInputTokens');

export type ResponseAnswer = z.output<typeof response>;
export type ResponseEvent = z.output<typeof responseEvent>;
export type OutputItem = z.output<typeof outputItem>;
export type OutputLogprobs = z.output<typeof logprobs>;
