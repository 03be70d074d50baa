import { resolveStopStrings } from '../../prompt/index.ts';
import { resolveSampling } from '../../sampling/index.ts';
import {
  InvalidOptionError,
  type Constraint,
  type GenerateServiceRequest,
  type Prompt,
} from '../../spec/index.ts';

/** What a server understands: all of ours, or what OpenAI documents and nothing else. */
export type Dialect = 'trimtab' | 'openai';

type Options = GenerateServiceRequest['options'];

interface Place {
  readonly at: 'body' | 'trimtab';
  readonly name: string;
}

/** Where a body says each option that is a value of its own. */
const places: Readonly<Record<string, Place>> = {
  temperature: { at: 'body', name: 'temperature' },
  topK: { at: 'body', name: 'top_k' },
  topP: { at: 'body', name: 'top_p' },
  minP: { at: 'body', name: 'min_p' },
  typicalP: { at: 'body', name: 'typical_p' },
  repetitionPenalty: { at: 'body', name: 'repetition_penalty' },
  presencePenalty: { at: 'body', name: 'presence_penalty' },
  frequencyPenalty: { at: 'body', name: 'frequency_penalty' },
  logitBias: { at: 'body', name: 'logit_bias' },
  seed: { at: 'body', name: 'seed' },
  stop: { at: 'body', name: 'stop' },
  maxTokens: { at: 'body', name: 'max_tokens' },
  minTokens: { at: 'body', name: 'min_tokens' },
  params: { at: 'trimtab', name: 'params' },
  rewards: { at: 'trimtab', name: 'rewards' },
  guidance: { at: 'trimtab', name: 'guidance' },
  reportRewards: { at: 'trimtab', name: 'reportRewards' },
  klBudget: { at: 'trimtab', name: 'klBudget' },
  trace: { at: 'trimtab', name: 'trace' },
} satisfies Partial<Record<keyof Options, Place>>;

/** Options that are said in a way of their own. */
const ownWays: ReadonlySet<string> = new Set([
  'only',
  'constraint',
  'logprobs',
  'topLogprobs',
] satisfies (keyof Options)[]);

/** What OpenAI documents. Others may refuse what they do not know, or leave it out in silence. */
const ofOpenAi: ReadonlySet<string> = new Set([
  'temperature',
  'topP',
  'presencePenalty',
  'frequencyPenalty',
  'logitBias',
  'seed',
  'stop',
  'maxTokens',
  'only',
  'constraint',
] satisfies (keyof Options)[]);

/** A request as it is sent, and the route that takes it. */
export interface AnswerRequest {
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
  { recipe, prompt, profile, options }: GenerateServiceRequest,
  dialect: Dialect,
): AnswerRequest {
  requireKnown(options, dialect);
  resolveSampling(options);
  resolveStopStrings(options.stop);
  const { only, constraint, logprobs, topLogprobs } = options;
  const isChat = typeof prompt === 'string' || 'messages' in prompt;
  const fields = { body: {} as Record<string, unknown>, trimtab: {} as Record<string, unknown> };
  for (const [name, { at, name: said }] of Object.entries(places)) {
    const value = options[name as keyof Options];
    if (value !== undefined) fields[at][said] = value;
  }
  // Log-probs in OpenAI's shape lack token ids: those of a trace have them.
  if (logprobs === true || (topLogprobs ?? 0) > 0) fields.trimtab['trace'] = true;
  if (profile !== undefined && only === undefined) fields.trimtab['profile'] = profile;
  const isOurs = dialect === 'trimtab';
  return {
    path: isChat ? '/v1/chat/completions' : '/v1/completions',
    body: {
      model: only === undefined || !isOurs ? recipe : `${recipe}/${only}`,
      stream: true,
      stream_options: { include_usage: true },
      ...fields.body,
      ...toAlternatives(topLogprobs, isChat),
      ...toConstraintFields(constraint, dialect),
      ...(Object.keys(fields.trimtab).length > 0 && { trimtab: fields.trimtab }),
      ...toInput(prompt),
    },
  };
}

function toInput(prompt: Prompt): object {
  if (typeof prompt === 'string') return { messages: [{ role: 'user', content: prompt }] };
  if ('messages' in prompt) return { messages: prompt.messages };
  return { prompt: 'text' in prompt ? prompt.text : prompt.tokens };
}

function toAlternatives(count: number | undefined, isChat: boolean): object {
  if (count === undefined || count === 0) return {};
  return isChat ? { logprobs: true, top_logprobs: count } : { logprobs: count };
}

function toConstraintFields(constraint: Options['constraint'], dialect: Dialect): object {
  if (constraint === undefined) return {};
  if (constraint === null) return { response_format: { type: 'text' } };
  if (dialect === 'openai') return { response_format: toResponseFormat(constraint) };
  return 'jsonSchema' in constraint ? { json_schema: constraint.jsonSchema } : constraint;
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

function requireKnown(options: Options, dialect: Dialect): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(places, name) && !ownWays.has(name)) {
      const known = [...Object.keys(places), ...ownWays].join(', ');
      throw new InvalidOptionError(
        name,
        `There is no option ${JSON.stringify(name)}. There are ${known}.`,
      );
    }
    if (dialect === 'openai' && !ofOpenAi.has(name)) {
      throw new InvalidOptionError(
        name,
        `${name} is not part of the OpenAI API, and the server is no Trimtab: it might leave it out in silence.`,
      );
    }
    requireData(name, value);
  }
}

/** @throws InvalidOptionError for what JSON would leave out or change, with its place. */
function requireData(place: string, value: unknown): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value === 'object') {
    for (const [key, part] of Object.entries(value)) {
      if (part !== undefined) requireData(`${place}.${key}`, part);
    }
    return;
  }
  const shown = typeof value === 'number' ? String(value) : `a ${typeof value}`;
  throw new InvalidOptionError(
    place,
    `${place} is ${shown}, which cannot be sent to a server: it is no value of JSON.`,
  );
}
