import { z } from '@hono/zod-openapi';

import { InvalidOptionError, type ChatMessage, type GenerateOptions } from '../../spec/index.ts';
import { findConstraint, twoConstraints, type RequestedConstraint } from './constraint-fields.ts';
import {
  generationFields,
  modelField,
  streamOptionsField,
  toGenerateOptions,
} from './generation-fields.ts';
import { optionField } from './option-fields.ts';
import type { ServerLimits } from '../edge/limits.ts';
import { fieldsWithoutEffect, refusedFields, refusedOfChats } from './parameters.ts';
import { toolFields, type ForcedCall } from './tool-fields.ts';
import { boundedArray, strictObject, wellFormedText } from './validation.ts';

const mostMessages = 16_384;

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

const noToolMessages =
  'Calls and results of tools cannot be put into a prompt yet: say them in a message of the user.';

const message = strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant'], {
    error: ({ input }) =>
      input === 'tool' || input === 'function'
        ? noToolMessages
        : 'must be one of system, developer, user, assistant.',
  }),
  // Before the content, which is null beside them.
  tool_calls: echoed(noToolMessages),
  function_call: echoed(noToolMessages),
  tool_call_id: echoed(noToolMessages),
  content,
  name: z
    .string()
    .max(512)
    .nullish()
    .openapi({ description: 'Accepted, without effect: say who speaks in the content.' }),
  refusal: echoed('Refusals are not supported: send the text as content.'),
  audio: echoed('Audio is not supported.'),
  annotations: echoed('Annotations are not supported.'),
});

/** `POST /v1/chat/completions`. */
export function chatBody(limits: ServerLimits) {
  return strictObject({
    model: modelField,
    messages: boundedArray(message, mostMessages).refine(
      (messages) => messages.length > 0,
      'must have at least one message.',
    ),
    ...generationFields('chat', { topLogprobs: { to: limits.topLogprobs } }),
    max_completion_tokens: optionField(
      'maxTokens',
      'max_completion_tokens',
      {},
      '`max_tokens`, as newer clients say it.',
    ),
    ...toolFields,
    n: z.int().min(1).max(limits.choices).nullish(),
    stream: z.boolean().nullish(),
    stream_options: streamOptionsField,
    ...fieldsWithoutEffect(),
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

/** What the answer must be: the call, or what else the body says. @throws InvalidOptionError for both. */
export function toChatConstraint(
  body: ChatBody,
  call: ForcedCall | undefined,
): RequestedConstraint | undefined {
  const constraint = findConstraint(body);
  if (call === undefined || constraint === undefined) return call ?? constraint;
  throw twoConstraints(constraint.place, call.place);
}

export function checkStreamOptions(body: Pick<ChatBody, 'stream' | 'stream_options'>): void {
  if (body.stream_options == null || body.stream === true) return;
  throw new InvalidOptionError('stream_options', 'stream_options needs stream: true.');
}

/** Parts of text become lines; a developer's message is the system's. */
export function toMessages(messages: ChatBody['messages']): ChatMessage[] {
  return messages.map(({ role, content: said }) => ({
    role: role === 'developer' ? 'system' : role,
    content: typeof said === 'string' ? said : said.map((each) => each.text).join('\n'),
  }));
}
