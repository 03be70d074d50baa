import { z } from '@hono/zod-openapi';

import { InvalidOptionError, type GenerateOptions, type TokenId } from '../../spec/index.ts';
import { checkStreamOptions } from './chat-body.ts';
import type { RequestedConstraint } from './constraint-fields.ts';
import { optionField } from './option-fields.ts';
import type { ServerLimits } from '../edge/limits.ts';
import {
  fieldsWithoutEffect,
  refusedFields,
  refusedOfCompletions,
  withoutEffect,
} from './parameters.ts';
import {
  generationFields,
  modelField,
  streamOptionsField,
  toGenerateOptions,
} from './generation-fields.ts';
import { checkedBy, findTextFault, findTokensFault, strictObject } from './validation.ts';

/** OpenAI's own default of `max_tokens`, of completions only. */
const defaultMaxTokens = 16;

/** `POST /v1/completions`. */
export function completionBody(limits: ServerLimits) {
  return strictObject({
    model: modelField,
    prompt: promptField(limits),
    ...generationFields('completion', { maxTokens: { from: 0 } }),
    n: z.int().min(1).max(limits.choices).nullish(),
    echo: z.boolean().nullish(),
    stream: z.boolean().nullish(),
    stream_options: streamOptionsField,
    logprobs: optionField('topLogprobs', 'logprobs', { to: limits.topLogprobs }),
    ...fieldsWithoutEffect(withoutEffect),
    ...refusedFields(refusedOfCompletions),
  }).openapi('CompletionRequest');
}

function promptField({ choices }: ServerLimits) {
  return checkedBy<CompletionPrompt | CompletionPrompt[]>((value) => {
    if (typeof value === 'string') return findTextFault(value);
    if (!Array.isArray(value) || value.length === 0) {
      const message = 'must be a string, an array of token ids, or an array of either.';
      return { path: [], message };
    }
    if (typeof value[0] === 'number') return findTokensFault(value);
    if (value.length > choices) {
      return { path: [], message: `has ${value.length} prompts: at most ${choices} are taken.` };
    }
    for (const [index, prompt] of value.entries()) {
      const fault = Array.isArray(prompt) ? findTokensFault(prompt) : findTextFault(prompt);
      if (fault) return { ...fault, path: [index, ...fault.path] };
    }
    return undefined;
  }).openapi({
    type: ['string', 'array'],
    items: {
      type: ['string', 'integer', 'array'],
      description: 'A prompt, a token id, or the token ids of a prompt.',
      items: { type: 'integer', minimum: 0 },
    },
  });
}

export type CompletionBody = z.output<ReturnType<typeof completionBody>>;

/** @throws InvalidOptionError for parameters that contradict each other. */
export function toCompletionOptions(
  body: CompletionBody,
  requested: RequestedConstraint | undefined,
): Omit<GenerateOptions, 'signal'> & { readonly maxTokens: number } {
  checkStreamOptions(body);
  const maxTokens = body.max_tokens ?? defaultMaxTokens;
  if (maxTokens === 0 && body.echo !== true) {
    throw new InvalidOptionError('max_tokens', 'max_tokens of 0 needs echo: true.');
  }
  return {
    ...toGenerateOptions(body, 'completion', requested),
    maxTokens,
    ...(body.logprobs != null && { logprobs: true }),
    ...(body.logprobs != null && body.logprobs > 0 && { topLogprobs: body.logprobs }),
  };
}

/** One prompt, as the request gave it. */
export type CompletionPrompt = string | readonly TokenId[];

/** @throws InvalidOptionError if that makes too many choices. */
export function toPrompts(body: CompletionBody, limits: ServerLimits): CompletionPrompt[] {
  const { prompt } = body;
  const isOne = typeof prompt === 'string' || typeof prompt[0] === 'number';
  const prompts = isOne ? [prompt as CompletionPrompt] : (prompt as CompletionPrompt[]);
  const choices = prompts.length * (body.n ?? 1);
  if (choices > limits.choices) {
    throw new InvalidOptionError(
      'n',
      `${prompts.length} prompts with n of ${body.n} are ${choices} choices: ask for at most ${limits.choices}.`,
    );
  }
  return prompts;
}
