import { checkOptions, optionRows, toWireOptions, type OptionName } from '../../options/index.ts';
import {
  InvalidOptionError,
  type Constraint,
  type ChatPrompt,
  type GenerateServiceRequest,
  type Prompt,
} from '../../spec/index.ts';

/** What a server understands: all of ours, or what OpenAI documents and nothing else. */
export type Dialect = 'trimtab' | 'openai';

type Options = GenerateServiceRequest['options'];

/** A request as it is sent, and the route that takes it. */
export interface SentRequest {
  readonly path: '/v1/chat/completions' | '/v1/completions';
  readonly body: object;
}

/**
 * The request with every option in its place. What is not given stays the server's and the recipe's to
 * choose.
 * @throws InvalidOptionError for what is no option, no value that JSON has, or what the server would
 *   leave out, with its name.
 */
export function toAnswerRequest(
  { recipe, prompt, profile, keepAliveMs, options }: GenerateServiceRequest,
  dialect: Dialect,
): SentRequest {
  checkOptions(options, 'generate');
  if (dialect === 'openai') requireOpenAi({ keepAliveMs, ...options });
  for (const [name, value] of Object.entries(options)) requireData(name, value);
  const { only, constraint, logprobs, topLogprobs, ...others } = options;
  const isChat = typeof prompt === 'string' || 'messages' in prompt;
  const { trimtab, ...fields } = toWireOptions(
    { ...others, profile: only === undefined ? profile : undefined },
    isChat ? 'chat' : 'completion',
  );
  // Log-probs in OpenAI's shape lack token ids: those of a trace have them.
  const needsTrace = logprobs === true || (topLogprobs ?? 0) > 0;
  const extension = { ...trimtab, ...(needsTrace && { trace: true }) };
  const isOurs = dialect === 'trimtab';
  return {
    path: isChat ? '/v1/chat/completions' : '/v1/completions',
    body: {
      model: only === undefined || !isOurs ? recipe : `${recipe}/${only}`,
      stream: true,
      stream_options: { include_usage: true },
      ...(keepAliveMs !== undefined && {
        keep_alive: keepAliveMs === null ? -1 : keepAliveMs / 1000,
      }),
      ...fields,
      ...toAlternatives(topLogprobs, isChat),
      ...toConstraintFields(constraint, dialect),
      ...(Object.keys(extension).length > 0 && { trimtab: extension }),
      ...toInput(prompt, dialect),
    },
  };
}

/** The members of a body that say a prompt: `messages` of a chat, `prompt` of what is raw. */
export function toInput(prompt: Prompt, dialect: Dialect): object {
  if (typeof prompt === 'string') return { messages: [{ role: 'user', content: prompt }] };
  if ('messages' in prompt) return toChatInput(prompt, dialect);
  return { prompt: 'text' in prompt ? prompt.text : prompt.tokens };
}

function toChatInput(
  { messages, tools = [], toolChoice, continueFinalMessage }: ChatPrompt,
  dialect: Dialect,
): object {
  if (tools.length > 0 && toolChoice !== 'none') {
    throw new InvalidOptionError('tools', 'tools: calls are not read from a server’s answers.');
  }
  if (dialect === 'openai' && continueFinalMessage === true) {
    throw notOpenAi('continueFinalMessage');
  }
  return {
    messages: messages.map(({ role, content, toolCalls, toolCallId }) => ({
      role,
      content,
      ...(toolCalls && {
        tool_calls: toolCalls.map(({ id, ...called }) => ({
          id,
          type: 'function',
          function: called,
        })),
      }),
      ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    })),
    ...(continueFinalMessage === true && {
      continue_final_message: true,
      add_generation_prompt: false,
    }),
  };
}

function toAlternatives(count: number | undefined, isChat: boolean): object {
  if (count === undefined || count === 0) return {};
  return isChat ? { logprobs: true, top_logprobs: count } : { logprobs: count };
}

function toConstraintFields(constraint: Options['constraint'], dialect: Dialect): object {
  if (constraint === undefined) return {};
  if (constraint === null) return { response_format: { type: 'text' } };
  if (dialect === 'openai') return { response_format: toResponseFormat(constraint) };
  if ('structuralTag' in constraint) {
    return { response_format: { type: 'structural_tag', format: constraint.structuralTag } };
  }
  if (!('jsonSchema' in constraint)) return constraint;
  return constraint.strict === true
    ? { response_format: toResponseFormat(constraint) }
    : { json_schema: constraint.jsonSchema };
}

function toResponseFormat(constraint: Constraint): object {
  if ('jsonSchema' in constraint) {
    const { jsonSchema: schema } = constraint;
    return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
  }
  throw new InvalidOptionError(
    'constraint',
    `constraint: only JSON schemas are part of the OpenAI API, and the server need not know ${Object.keys(constraint).join()}.`,
  );
}

/** What OpenAI does not document other servers may refuse, or leave out in silence. */
function requireOpenAi(options: Options & Pick<GenerateServiceRequest, 'keepAliveMs'>): void {
  for (const [name, value] of Object.entries(options)) {
    const isOwnWay = name === 'only' || name === 'constraint';
    if (value === undefined || isOwnWay) continue;
    if (name !== 'keepAliveMs' && optionRows[name as OptionName].wire?.isOpenAi === true) continue;
    throw notOpenAi(name);
  }
}

function notOpenAi(name: string): InvalidOptionError {
  return new InvalidOptionError(
    name,
    `${name} is not part of the OpenAI API, and the server is no Trimtab: it might leave it out in silence.`,
  );
}

/** @throws InvalidOptionError for what JSON would leave out or change, with its place. */
function requireData(place: string, value: unknown): void {
  if (value == null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value === 'object') {
    for (const [key, part] of Object.entries(value)) {
      requireData(`${place}.${key}`, part);
    }
    return;
  }
  const shown = typeof value === 'number' ? String(value) : `a ${typeof value}`;
  throw new InvalidOptionError(
    place,
    `${place} is ${shown}, which cannot be sent to a server: it is no value of JSON.`,
  );
}
