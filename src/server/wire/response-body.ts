import { z } from '@hono/zod-openapi';

import { mostTools, saidBy } from '../../options/index.ts';
import type { ErrorPlace } from '../edge/errors.ts';
import type { ServerLimits } from '../edge/limits.ts';
import { continuationFields, type ChatBody } from './chat-body.ts';
import {
  constraintFields,
  schemaFields,
  structuralTag,
  unknownFormat,
} from './constraint-fields.ts';
import { keepAliveField, modelField } from './generation-fields.ts';
import { optionField, optionFields } from './option-fields.ts';
import {
  fieldsWithoutEffect,
  refusedFields,
  refusedOfResponses,
  withoutEffectOfResponses,
} from './parameters.ts';
import { inputField, toInputMessages, type MessagePlace } from './response-input.ts';
import type { ResponseAnswer } from './response-shapes.ts';
import { functionFields, functionType } from './tool-fields.ts';
import { boundedArray, checkedBy, strictObject, wellFormedText, type Fault } from './validation.ts';

/** What a response has a word of its own for. */
const ownOptions = ['temperature', 'topP', 'maxTokens', 'logprobs', 'topLogprobs'] as const;

type ChatFields = ReturnType<typeof optionFields<'chat', 'body'>>;

/** Options that a chat's body says, and OpenAI's responses have no word for. */
const chatOptions = saidBy('chat', 'body').filter(
  ({ option }) => !(ownOptions as readonly string[]).includes(option),
);

const chatOptionFields = Object.fromEntries(
  chatOptions.map(({ option, place }) => [
    place.name,
    optionField(option, `trimtab.${place.name}`),
  ]),
) as unknown as Omit<
  ChatFields,
  'temperature' | 'top_p' | 'max_tokens' | 'logprobs' | 'top_logprobs' | 'repeat_penalty'
>;

const { grammar, regex, choice } = constraintFields;

/** What a chat says beside its `trimtab`, in that of a response. */
const chatFields = {
  ...chatOptionFields,
  grammar,
  regex,
  choice,
  keep_alive: keepAliveField,
  continue_final_message: continuationFields.continue_final_message,
};

const saidInTrimtab = Object.fromEntries(
  Object.keys(chatFields).map((name) => [
    name,
    { reason: `Responses have no word for it: send trimtab.${name}.`, neutral: [] },
  ]),
);

const extension = strictObject({ ...optionFields('chat', 'trimtab'), ...chatFields });

const textFormat = z.discriminatedUnion(
  'type',
  [
    strictObject({ type: z.literal('text') }),
    strictObject({ type: z.literal('json_object') }),
    strictObject({ type: z.literal('json_schema'), ...schemaFields }),
    structuralTag,
  ],
  { error: ({ code }) => (code === 'invalid_union' ? unknownFormat : undefined) },
);

const tool = strictObject({
  type: functionType,
  ...functionFields,
  defer_loading: z.literal(false, 'Every tool is there from the beginning.').nullish(),
});

const noSummary = z
  .literal('auto', 'An answer has no reasoning that could be summarised.')
  .nullish();

const includable = [
  'message.output_text.logprobs',
  'reasoning.encrypted_content', // of which there is none
] as const;

/** OpenAI's own bounds. */
const metadata = checkedBy<Record<string, string>>(findMetadataFault)
  .openapi({
    type: ['object', 'null'],
    additionalProperties: { type: 'string', maxLength: 512 },
    maxProperties: 16,
    description: 'Repeated in the answer.',
  })
  .optional();

/** `POST /v1/responses`. */
export function responseBody(limits: ServerLimits) {
  return strictObject({
    model: modelField,
    input: inputField,
    instructions: wellFormedText
      .nullish()
      .openapi({ description: 'A message of the system before the input.' }),
    temperature: optionField('temperature', 'temperature'),
    top_p: optionField('topP', 'top_p'),
    max_output_tokens: optionField('maxTokens', 'max_output_tokens'),
    top_logprobs: optionField('topLogprobs', 'top_logprobs', { to: limits.topLogprobs }),
    include: boundedArray(
      z.enum(includable, 'Only "message.output_text.logprobs" can be included.'),
      16,
    ).nullish(),
    text: strictObject({
      format: textFormat.nullish(),
      verbosity: z.literal('medium', 'Verbosity is not supported.').nullish(),
    }).nullish(),
    tools: boundedArray(tool, mostTools).nullish(),
    tool_choice: z
      .union(
        [
          z.enum(['none', 'auto', 'required']),
          strictObject({ type: z.literal('function'), name: functionFields.name }),
        ],
        'must be "auto", "required", "none", or {"type": "function", "name": …}.',
      )
      .nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    reasoning: strictObject({
      effort: z.unknown().optional().openapi({ description: 'Without effect.' }),
      summary: noSummary,
      generate_summary: noSummary,
    }).nullish(),
    metadata,
    stream: z.boolean().nullish(),
    stream_options: strictObject({
      include_obfuscation: z.boolean().nullish().openapi({ description: 'Without effect.' }),
    }).nullish(),
    trimtab: extension.nullish().openapi({
      description:
        'What Trimtab adds to the OpenAI API, and what chats can say and responses cannot.',
    }),
    ...fieldsWithoutEffect(withoutEffectOfResponses),
    ...refusedFields(refusedOfResponses),
    ...refusedFields(saidInTrimtab),
  }).openapi('ResponseRequest');
}

export type ResponseBody = z.output<ReturnType<typeof responseBody>>;

/** What a response repeats of its request. */
export type ResponseEcho = Pick<
  ResponseAnswer,
  | 'instructions'
  | 'max_output_tokens'
  | 'metadata'
  | 'parallel_tool_calls'
  | 'temperature'
  | 'text'
  | 'tool_choice'
  | 'tools'
  | 'top_logprobs'
  | 'top_p'
>;

export function toEcho(body: ResponseBody): ResponseEcho {
  const format = body.text?.format;
  return {
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    temperature: body.temperature ?? null,
    text: {
      format:
        format?.type === 'json_schema'
          ? {
              type: 'json_schema',
              name: format.name ?? 'answer',
              ...(format.description != null && { description: format.description }),
              schema: format.schema as Record<string, unknown>,
              strict: format.strict ?? false,
            }
          : (format ?? { type: 'text' }),
    },
    tool_choice: body.tool_choice ?? 'auto',
    tools: (body.tools ?? []).map(({ name, description, parameters, strict }) => ({
      type: 'function',
      name,
      description: description ?? null,
      parameters: (parameters ?? null) as Record<string, unknown> | null,
      strict: strict ?? false,
    })),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? null,
  };
}

/** The chat that a response is, and what its request calls the chat's parts. */
export interface ResponseChat {
  readonly chat: ChatBody;
  readonly place: ErrorPlace;
}

export function toResponseChat(body: ResponseBody): ResponseChat {
  const { model, instructions, input, temperature, top_p, max_output_tokens } = body;
  const { messages, places } = toInputMessages(instructions, input);
  const said = Object.entries(body.trimtab ?? {});
  const beside = said.filter(([name]) => Object.hasOwn(chatFields, name));
  const trimtab = said.filter(([name]) => !Object.hasOwn(chatFields, name));
  const { tool_choice: chosen } = body;
  const hasLogprobs =
    body.include?.includes('message.output_text.logprobs') === true || (body.top_logprobs ?? 0) > 0;
  return {
    chat: {
      ...Object.fromEntries(beside),
      model,
      messages,
      temperature,
      top_p,
      max_tokens: max_output_tokens,
      ...(hasLogprobs && { logprobs: true, top_logprobs: body.top_logprobs }),
      response_format: toResponseFormat(body.text?.format),
      tools: body.tools?.map(({ type, name, description, parameters, strict }) => ({
        type,
        function: { name, description, parameters, strict },
      })),
      tool_choice:
        typeof chosen === 'object' && chosen !== null
          ? { type: 'function', function: { name: chosen.name } }
          : chosen,
      parallel_tool_calls: body.parallel_tool_calls,
      ...(trimtab.length > 0 && { trimtab: Object.fromEntries(trimtab) }),
    },
    place: { promptParam: 'input', rename: (param) => toResponseParam(param, places) },
  };
}

type ResponseFormat = ChatBody['response_format'];

function toResponseFormat(format: z.output<typeof textFormat> | null | undefined): ResponseFormat {
  if (format?.type !== 'json_schema') {
    return format?.type === 'json_object' ? { ...format, schema: { type: 'object' } } : format;
  }
  const { type, ...schema } = format;
  return { type, json_schema: schema };
}

/** `tools[1].function.name` -> `tools[1].name`. */
export function withoutFunction(param: string): string {
  return param.replace(/^(tools\[\d+\])\.function/, '$1');
}

/** `max_tokens` -> `max_output_tokens`, `messages[2].content` -> `input[1].content`. */
function toResponseParam(param: string, places: readonly MessagePlace[]): string {
  const [head = ''] = /^\w+/.exec(param) ?? [];
  const rest = param.slice(head.length);
  if (head === 'max_tokens') return `max_output_tokens${rest}`;
  if (head === 'response_format') {
    return `text.format${rest.replace(/^\.(?:json_schema\.)?schema/, '.schema')}`;
  }
  if (head === 'tools') return withoutFunction(param);
  if (head === 'messages') {
    const found = /^\[(\d+)\](?:\.tool_calls\[(\d+)\](?:\.function)?)?/.exec(rest);
    const place = places[Number(found?.[1])];
    if (found === null || place === undefined) return `input${rest}`;
    const item = found[2] === undefined ? place.message : place.calls[Number(found[2])];
    const field = rest.slice(found[0].length).replace(/^\.(?:id|tool_call_id)$/, '.call_id');
    return place.message.endsWith(']') ? item + field : place.message;
  }
  return Object.hasOwn(chatFields, head) ? `trimtab.${param}` : param;
}

function findMetadataFault(value: unknown): Fault | undefined {
  if (value == null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { path: [], message: 'must be an object of texts.' };
  }
  const entries = Object.entries(value);
  if (entries.length > 16) {
    return { path: [], message: `has ${entries.length} entries: at most 16 are taken.` };
  }
  return entries.every(
    ([key, text]) => key.length <= 64 && typeof text === 'string' && text.length <= 512,
  )
    ? undefined
    : { path: [], message: 'must have texts of at most 512 characters, by keys of at most 64.' };
}
