import { z } from '@hono/zod-openapi';

import { mostMessages, type ChatBody } from './chat-body.ts';
import { boundedArray, strictObject, wellFormedText } from './validation.ts';

type Message = ChatBody['messages'][number];

/** Fields of a response's items that are sent back with them, and say nothing to a model. */
const ofItem = {
  id: z.string().max(512).nullish(),
  status: z.enum(['in_progress', 'completed', 'incomplete']).nullish(),
};

/** What a discriminated union says of a `type` that it does not know. */
function unknownType(describe: (type: string) => string) {
  return ({ code, input }: { readonly code?: string; readonly input?: unknown }) => {
    if (code !== 'invalid_union') return undefined;
    const { type } = input as { readonly type?: unknown };
    return typeof type === 'string' ? describe(type.slice(0, 40)) : 'has no type of its own.';
  };
}

const part = z.discriminatedUnion(
  'type',
  [
    strictObject({ type: z.literal('input_text'), text: wellFormedText }),
    strictObject({
      type: z.literal('output_text'),
      text: wellFormedText,
      annotations: z.array(z.unknown()).nullish().openapi({ description: 'Without effect.' }),
      logprobs: z.array(z.unknown()).nullish().openapi({ description: 'Without effect.' }),
    }),
  ],
  { error: unknownType((type) => `"${type}" parts are not supported: send text, as input_text.`) },
);

const content = z.union(
  [wellFormedText, boundedArray(part, mostMessages)],
  'must be a string or an array of text parts.',
);

const messageItem = strictObject({
  type: z.literal('message').optional(),
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content,
  ...ofItem,
  phase: z.unknown().optional().openapi({ description: 'Without effect.' }),
});

const callItem = strictObject({
  type: z.literal('function_call'),
  call_id: wellFormedText,
  name: z.string(),
  arguments: wellFormedText,
  ...ofItem,
});

const outputItem = strictObject({
  type: z.literal('function_call_output'),
  call_id: wellFormedText,
  output: content,
  ...ofItem,
});

const item = z.discriminatedUnion('type', [messageItem, callItem, outputItem], {
  error: unknownType(describeItem),
});

function describeItem(type: string): string {
  if (type === 'item_reference') {
    return 'Items cannot be referred to, since nothing is stored: send them whole. Vercel AI SDK does so with providerOptions {"openai": {"store": false}}.';
  }
  return `"${type}" items are not supported: leave them out, or say in a message what they say.`;
}

/** What a response answers. */
export const inputField = z.union(
  [
    wellFormedText,
    boundedArray(item, mostMessages).refine(
      (items) => items.length > 0,
      'must have at least one item.',
    ),
  ],
  'must be a string or an array of items.',
);

type Input = z.output<typeof inputField>;

/** A chat's messages, and what the request of a response calls each, and each of its calls. */
export interface InputMessages {
  readonly messages: Message[];
  readonly places: readonly MessagePlace[];
}

export interface MessagePlace {
  /** `input`, `instructions` or `input[2]`. */
  readonly message: string;
  readonly calls: readonly string[];
}

/** Instructions are the first message, of the system; calls belong to the assistant's message before them. */
export function toInputMessages(
  instructions: string | null | undefined,
  input: Input,
): InputMessages {
  const messages: Message[] = [];
  const places: { message: string; calls: string[] }[] = [];
  const add = (message: Message, place: string) => {
    messages.push(message);
    places.push({ message: place, calls: [] });
  };
  if (instructions != null) add({ role: 'system', content: instructions }, 'instructions');
  if (typeof input === 'string') {
    add({ role: 'user', content: input }, 'input');
    return { messages, places };
  }
  for (const [index, each] of input.entries()) {
    const place = `input[${index}]`;
    if (each.type === 'function_call') {
      const isCalling = messages.at(-1)?.role === 'assistant';
      if (!isCalling) add({ role: 'assistant', content: null, tool_calls: [] }, place);
      const last = messages.at(-1)!;
      const { call_id: id, name, arguments: given } = each;
      const call = { id, type: 'function' as const, function: { name, arguments: given } };
      (last.tool_calls ??= []).push(call);
      places.at(-1)!.calls.push(place);
    } else if (each.type === 'function_call_output') {
      add({ role: 'tool', tool_call_id: each.call_id, content: toContent(each.output) }, place);
    } else {
      add({ role: each.role, content: toContent(each.content) }, place);
    }
  }
  return { messages, places };
}

function toContent(said: z.output<typeof content>): Message['content'] {
  return typeof said === 'string' ? said : said.map(({ text }) => ({ type: 'text', text }));
}
