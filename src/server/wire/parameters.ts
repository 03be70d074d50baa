import { z } from '@hono/zod-openapi';

/** Parameters that are accepted and change nothing here, and why. */
export const withoutEffect = {
  user: 'Requests are told apart by their key.',
  safety_identifier: 'Requests are told apart by their key.',
  metadata: 'Nothing is stored.',
  store: 'Nothing is stored.',
  service_tier: 'There is one tier.',
  prompt_cache_key: 'Prefixes are found by their tokens.',
  prompt_cache_retention: 'Prefixes stay as long as there is room.',
  cache_prompt: 'Prefixes are found by their tokens.',
  reasoning_effort: 'There is one effort.',
  chat_template_kwargs: 'Templates know the messages alone.',
} as const;

interface Refusal {
  readonly reason: string;
  /** Values that ask for nothing, beside `null`. */
  readonly neutral: readonly unknown[];
}

type Refusals = Readonly<Record<string, Refusal>>;

/** Parameters of other servers whose usual value asks for nothing. */
const refusedOfBoth = {
  ignore_eos: { reason: 'An answer may end: ask for min_tokens.', neutral: [false] },
  skip_special_tokens: { reason: 'Control tokens have no text.', neutral: [true] },
  mirostat: { reason: 'Mirostat is not supported.', neutral: [0] },
} satisfies Refusals;

/** Parameters of a chat that are refused by name unless they ask for nothing. */
export const refusedOfChats = {
  ...refusedOfBoth,
  functions: { reason: 'Functions have become tools: send tools.', neutral: [[]] },
  function_call: {
    reason: 'Functions have become tools: send tool_choice.',
    neutral: ['none', 'auto'],
  },
  modalities: { reason: 'Only ["text"] is supported.', neutral: [['text']] },
  audio: { reason: 'Audio is not supported.', neutral: [] },
  prediction: { reason: 'Predicted outputs are not supported yet.', neutral: [] },
  web_search_options: { reason: 'Searching the web is not supported.', neutral: [] },
  verbosity: { reason: 'Verbosity is not supported.', neutral: [] },
} satisfies Refusals;

/** Parameters of a completion that are refused by name unless they ask for nothing. */
export const refusedOfCompletions = {
  ...refusedOfBoth,
  suffix: { reason: 'Filling in before a suffix is not supported.', neutral: [''] },
  best_of: { reason: 'Ask for n answers and choose.', neutral: [1] },
} satisfies Refusals;

const { user, safety_identifier, service_tier, prompt_cache_key, prompt_cache_retention, store } =
  withoutEffect;

/** The same, of responses. */
export const withoutEffectOfResponses = {
  user,
  safety_identifier,
  service_tier,
  prompt_cache_key,
  prompt_cache_retention,
  store,
  max_tool_calls: 'The server has no tools of its own.',
} as const;

const stateless = { reason: 'Nothing is stored: send the conversation so far.', neutral: [] };

/** Parameters of a response that are refused by name unless they ask for nothing. */
export const refusedOfResponses = {
  previous_response_id: stateless,
  conversation: stateless,
  prompt: { reason: 'Prompts are not kept here: send instructions and input.', neutral: [] },
  background: { reason: 'A response ends with its request.', neutral: [false] },
  truncation: {
    reason: 'No turn of a conversation is left out for it to fit.',
    neutral: ['disabled'],
  },
  context_management: { reason: 'No turn of a conversation is shortened.', neutral: [[]] },
  messages: { reason: 'Send input.', neutral: [] },
  max_tokens: { reason: 'Send max_output_tokens.', neutral: [] },
  max_completion_tokens: { reason: 'Send max_output_tokens.', neutral: [] },
  response_format: { reason: 'Send text.format.', neutral: [] },
} satisfies Refusals;

/** Schemas of parameters that change nothing, by the reasons for it. */
export function fieldsWithoutEffect<Name extends string>(
  reasons: Readonly<Record<Name, string>>,
): Record<Name, OptionalField> {
  return mapValues(reasons, (reason) =>
    z
      .unknown()
      .optional()
      .openapi({ description: `Accepted, without effect. ${reason}` }),
  );
}

/** Schemas that let pass what asks for nothing. */
export function refusedFields<Name extends string>(
  refusals: Readonly<Record<Name, Refusal>>,
): Record<Name, OptionalField> {
  return mapValues(refusals, refusedField);
}

type OptionalField = z.ZodOptional<z.ZodUnknown>;

function mapValues<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  map: (value: From) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(record).map(([name, value]) => [name, map(value)]);
  return Object.fromEntries(entries) as Record<Name, To>;
}

function refusedField({ reason, neutral }: Refusal): OptionalField {
  return z
    .unknown()
    .refine((value) => value == null || neutral.some((given) => isSame(given, value)), reason)
    .optional()
    .openapi({ description: `Refused. ${reason}` });
}

/** Equality of small values; whatever is larger than the neutral one is not looked into. */
function isSame(neutral: unknown, value: unknown): boolean {
  if (typeof neutral !== 'object' || neutral === null) return neutral === value;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(neutral) !== Array.isArray(value)) return false;
  const keys = Object.keys(neutral);
  return (
    Object.keys(value).length === keys.length &&
    keys.every((key) => (neutral as never)[key] === (value as never)[key])
  );
}
