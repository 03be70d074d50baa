import { z } from '@hono/zod-openapi';

import { InvalidOptionError, type GenerateOptions, type TokenId } from '../spec/index.ts';
import { checkStreamOptions } from './chat-body.ts';
import type { ServerLimits } from './limits.ts';
import { fieldsWithoutEffect, refusedFields, refusedOfCompletions } from './parameters.ts';
import {
  extensionField,
  samplingFields,
  streamOptionsField,
  toGenerateOptions,
} from './sampling-fields.ts';
import { boundedArray, strictObject, text, tokenIds } from './validation.ts';

/** OpenAI's own default of `max_tokens`, of completions only. */
const defaultMaxTokens = 16;

/** `POST /v1/completions`. */
export function completionBody(limits: ServerLimits) {
  return strictObject({
    model: z.string().max(512),
    prompt: z.union(
      [text, tokenIds, boundedArray(z.union([text, tokenIds]), limits.choices)],
      `must be a string, an array of token ids, or an array of at most ${limits.choices} of either.`,
    ),
    ...samplingFields,
    max_tokens: z.int().min(0).nullish(),
    n: z.int().min(1).max(limits.choices).nullish(),
    echo: z.boolean().nullish(),
    stream: z.boolean().nullish(),
    stream_options: streamOptionsField,
    logprobs: z.int().min(0).max(limits.topLogprobs).nullish(),
    trimtab: extensionField,
    ...fieldsWithoutEffect(),
    ...refusedFields(refusedOfCompletions),
  }).openapi('CompletionRequest');
}

export type CompletionBody = z.output<ReturnType<typeof completionBody>>;

/** @throws InvalidOptionError for parameters that contradict each other. */
export function toCompletionOptions(
  body: CompletionBody,
): Omit<GenerateOptions, 'signal'> & { readonly maxTokens: number } {
  checkStreamOptions(body);
  const maxTokens = body.max_tokens ?? defaultMaxTokens;
  if (maxTokens === 0 && body.echo !== true) {
    throw new InvalidOptionError('max_tokens', 'max_tokens of 0 needs echo: true.');
  }
  return {
    ...toGenerateOptions(body),
    maxTokens,
    ...(body.logprobs != null && { logprobs: true }),
    ...(body.logprobs != null && body.logprobs > 0 && { topLogprobs: body.logprobs }),
  };
}

/** One prompt, as the request gave it. */
export type CompletionPrompt = string | readonly TokenId[];

/** @throws InvalidOptionError if there are none, or too many choices in all. */
export function toPrompts(body: CompletionBody, limits: ServerLimits): CompletionPrompt[] {
  const { prompt } = body;
  const isOne = typeof prompt === 'string' || typeof prompt[0] === 'number';
  const prompts = isOne ? [prompt as CompletionPrompt] : (prompt as CompletionPrompt[]);
  if (prompts.length === 0) {
    throw new InvalidOptionError('prompt', 'prompt is empty: give at least one.');
  }
  const choices = prompts.length * (body.n ?? 1);
  if (choices > limits.choices) {
    throw new InvalidOptionError(
      'n',
      `${prompts.length} prompts with n of ${body.n} are ${choices} choices: ask for at most ${limits.choices}.`,
    );
  }
  return prompts;
}
