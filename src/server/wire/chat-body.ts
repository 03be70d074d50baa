import { z } from '@hono/zod-openapi';

import { checkConversation, mostTools } from '../../options/index.ts';
import {
  InvalidOptionError,
  type ChatMessage,
  type ChatPrompt,
  type GenerateOptions,
} from '../../spec/index.ts';
import { findConstraint, twoConstraints, type RequestedConstraint } from './constraint-fields.ts';
import {
  generationFields,
  modelField,
  streamOptionsField,
  toGenerateOptions,
} from './generation-fields.ts';
import { optionField } from './option-fields.ts';
import type { ServerLimits } from '../edge/limits.ts';
import { fieldsWithoutEffect, refusedFields, refusedOfChats, withoutEffect } from './parameters.ts';
import { toTools, toolFields } from './tool-fields.ts';
import { boundedArray, strictObject, wellFormedText } from './validation.ts';

export const mostMessages = 16_384;

const part = z
  .custom<{ type: 'text'; text: string }>()
  .superRefine((value: unknown, context) => {
    const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : null;
    if (type === 'text') {
      const parsed = strictObject({ type: z.literal('text'), text: wellFormedText }).safeParse(
        value,
      );
      for (const issue of parsed.error?.issues ?? []) context.addIssue({ ...issue });
      return;
    }
    context.addIssue(
      typeof type === 'string'
        ? `Parts of type ${JSON.stringify(type.slice(0, 40))} are not supported: send text.`
        : 'A part of a message must be {"type": "text", "text": …}.',
    );
  })
  .openapi({
    type: 'object',
    properties: { type: { type: 'string', enum: ['text'] }, text: { type: 'string' } },
    required: ['type', 'text'],
    additionalProperties: false,
  });

const content = z.union(
  [wellFormedText, boundedArray(part, mostMessages)],
  'must be a string or an array of text parts.',
);

const none = (value: unknown) => value == null || (Array.isArray(value) && value.length === 0);

/** Fields of an answer that clients send back with it. */
const echoed = (reason: string) => z.unknown().refine(none, reason).optional();

/** What clients add to an answer, and send back with it. */
const ofClients = z
  .unknown()
  .optional()
  .openapi({ description: 'Added by clients: without effect.' });

const toolCall = strictObject({
  id: z.string(),
  type: z.literal('function', 'Only calls of type "function" are supported.'),
  function: strictObject({
    name: z.string(),
    arguments: wellFormedText,
    parsed_arguments: ofClients,
  }),
  index: ofClients,
});

const message = strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool'], {
    error: ({ input }) =>
      input === 'function'
        ? 'Functions have become tools: say "tool".'
        : 'must be one of system, developer, user, assistant, tool.',
  }),
  tool_calls: boundedArray(toolCall, mostTools)
    .nullish()
    .openapi({ description: 'Of the assistant: what it called.' }),
  function_call: echoed('Functions have become tools: send tool_calls.'),
  tool_call_id: wellFormedText
    .nullish()
    .openapi({ description: 'Of a tool: the id of the call that it answers.' }),
  content: content.nullish().openapi({ description: 'May be absent beside tool_calls.' }),
  name: z
    .string()
    .max(512)
    .nullish()
    .openapi({ description: 'Accepted, without effect: say who speaks in the content.' }),
  parsed: ofClients,
  refusal: echoed('Refusals are not supported: send the text as content.'),
  audio: echoed('Audio is not supported.'),
  annotations: echoed('Annotations are not supported.'),
})
  .superRefine(({ content: said, tool_calls: calls }, context) => {
    if (said != null || (calls?.length ?? 0) > 0) return;
    context.addIssue({
      code: 'custom',
      path: ['content'],
      message: 'must be a string or an array of text parts.',
    });
  })
  .openapi({ anyOf: [{ required: ['content'] }, { required: ['tool_calls'] }] });

export const messagesField = boundedArray(message, mostMessages).refine(
  (messages) => messages.length > 0,
  'must have at least one message.',
);

/** Whether the answer is a turn of its own. */
export const continuationFields = {
  continue_final_message: z.boolean().nullish().openapi({
    description: 'The answer goes on with the last message, which is the assistant’s.',
  }),
  add_generation_prompt: z.boolean().nullish().openapi({
    description: 'False goes with continue_final_message, and nothing else does.',
  }),
};

/** `POST /v1/chat/completions`. */
export function chatBody(limits: ServerLimits) {
  return strictObject({
    model: modelField,
    messages: messagesField,
    ...generationFields('chat', { topLogprobs: { to: limits.topLogprobs } }),
    max_completion_tokens: optionField(
      'maxTokens',
      'max_completion_tokens',
      {},
      '`max_tokens`, as newer clients say it.',
    ),
    ...toolFields,
    ...continuationFields,
    n: z.int().min(1).max(limits.choices).nullish(),
    stream: z.boolean().nullish(),
    stream_options: streamOptionsField,
    ...fieldsWithoutEffect(withoutEffect),
    ...refusedFields(refusedOfChats),
  }).openapi('ChatCompletionRequest');
}

export type ChatBody = z.output<ReturnType<typeof chatBody>>;

/** @throws InvalidOptionError for parameters that contradict each other. */
export function toChatOptions(
  body: ChatBody,
  requested: RequestedConstraint | undefined,
): Omit<GenerateOptions, 'signal'> {
  const { max_tokens: older, max_completion_tokens: newer } = body;
  if (older != null && newer != null && older !== newer) {
    throw new InvalidOptionError(
      'max_tokens',
      `max_tokens is ${older} and max_completion_tokens ${newer}: give one of them.`,
    );
  }
  if (body.top_logprobs != null && body.logprobs !== true) {
    throw new InvalidOptionError('top_logprobs', 'top_logprobs needs logprobs: true.');
  }
  checkStreamOptions(body);
  return {
    ...toGenerateOptions(body, 'chat', requested),
    ...(newer != null && { maxTokens: newer }),
  };
}

/** What the answer must be that calls no tool. @throws InvalidOptionError where it must call one. */
export function toChatConstraint(body: ChatBody): RequestedConstraint | undefined {
  const constraint = findConstraint(body);
  const { tool_choice: choice } = body;
  const mayAnswer = choice == null || choice === 'auto' || choice === 'none';
  if (constraint === undefined || mayAnswer) return constraint;
  throw twoConstraints(constraint.place, 'tool_choice');
}

export function checkStreamOptions(body: Pick<ChatBody, 'stream' | 'stream_options'>): void {
  if (body.stream_options == null || body.stream === true) return;
  throw new InvalidOptionError('stream_options', 'stream_options needs stream: true.');
}

type ConversationBody = Pick<
  ChatBody,
  'messages' | 'continue_final_message' | 'add_generation_prompt'
> &
  Partial<Pick<ChatBody, 'tools' | 'tool_choice' | 'parallel_tool_calls'>>;

/** The conversation of a body. @throws InvalidOptionError for what cannot be answered, with its place. */
export function toConversation(body: ConversationBody): ChatPrompt {
  const { continue_final_message: isContinued, add_generation_prompt: isAdded } = body;
  if (isContinued === true && isAdded === true) {
    throw new InvalidOptionError(
      'add_generation_prompt',
      'continue_final_message and add_generation_prompt are both true: the answer goes on with a message or begins one.',
    );
  }
  if (isContinued !== true && isAdded === false) {
    throw new InvalidOptionError(
      'add_generation_prompt',
      'add_generation_prompt is false: an answer is a turn of its own, unless continue_final_message is true.',
    );
  }
  const conversation: ChatPrompt = {
    messages: body.messages.map(toMessage),
    ...toTools(body),
    ...(isContinued === true && { continueFinalMessage: true }),
  };
  checkConversation(conversation);
  return conversation;
}

/** Parts of text become lines; a developer's message is the system's. */
function toMessage({
  role,
  content: said,
  tool_calls: calls,
  tool_call_id: id,
}: ChatBody['messages'][number]): ChatMessage {
  return {
    role: role === 'developer' ? 'system' : role,
    content: typeof said === 'string' ? said : (said ?? []).map((each) => each.text).join('\n'),
    ...(calls != null &&
      calls.length > 0 && {
        toolCalls: calls.map((call) => ({ id: call.id, ...call.function })),
      }),
    ...(id != null && { toolCallId: id }),
  };
}
