import { randomUUID } from 'node:crypto';

import type { Context } from 'hono';

import type { GenerationResult, ServiceStream } from '../../spec/index.ts';
import type { Call } from './calls.ts';
import { runChoices, type ChoiceEvent } from './choices.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { RefusedError, toErrorAnswer, type ErrorBody } from '../edge/errors.ts';
import type { AppliedContext } from '../../contexts/index.ts';
import type { AppliedProfile } from '../lazy-profiles.ts';
import { systemFingerprint } from './fingerprint.ts';
import { printable } from '../edge/logs.ts';
import type { RequestedName, ServedName } from '../wire/model-name.ts';
import type { UsageBody } from '../wire/openai-shapes.ts';
import { eventStream, type EventSpelling } from './sse.ts';
import { toUsage } from './usage.ts';
import { warningsHeader } from './warnings-header.ts';

/** How an answer's events become OpenAI's objects. */
export interface AnswerEncoder<Whole> {
  /** Chunks of a stream that precede the first event. */
  opening?(): Iterable<object>;
  chunks(event: ChoiceEvent): Iterable<object>;
  usageChunk(usage: UsageBody): object;
  /** What ends a stream that has failed; by default the error's body. */
  failure?(body: ErrorBody): readonly object[];
  readonly spelling?: EventSpelling;
  /** Sees each event of an answer that is given as a whole. */
  note?(event: ChoiceEvent): void;
  whole(results: readonly GenerationResult[], usage: UsageBody): Whole;
}

export interface AnswerRequest<Whole> {
  readonly name: ServedName;
  readonly starts: readonly (() => ServiceStream)[];
  /** Choices per prompt. */
  readonly perPrompt: number;
  readonly call: Call;
  readonly encoder: AnswerEncoder<Whole>;
  readonly includeUsage: boolean;
  /** Tokens of prompts that are answered without any generation. */
  readonly promptTokens?: number;
}

/** The answer as a stream. Takes over the call. */
export async function streamAnswer<Whole>(
  c: Context<AppEnv>,
  context: ServerContext,
  request: AnswerRequest<Whole>,
): Promise<Response> {
  c.var.record.choices = request.starts.length;
  return eventStream(c, {
    frames: frames(c, context, request),
    call: request.call,
    pingMs: context.limits.pingMs,
    stallMs: context.limits.stallMs,
    onError: (error) => {
      const { body } = reportError(context, c, error);
      return request.encoder.failure?.(body) ?? [body];
    },
    spelling: request.encoder.spelling,
  });
}

async function* frames<Whole>(
  c: Context<AppEnv>,
  context: ServerContext,
  request: AnswerRequest<Whole>,
): AsyncGenerator<object, void> {
  const { encoder, includeUsage } = request;
  const results: GenerationResult[] = [];
  let isOpen = false;
  for await (const event of observedEvents(c, context, request)) {
    if (!isOpen) yield* encoder.opening?.() ?? [];
    isOpen = true;
    yield* encoder.chunks(event);
    if (event.result) results[event.index] = event.result;
  }
  if (!isOpen) yield* encoder.opening?.() ?? [];
  const usage = finishUsage(c, context, request, results);
  if (includeUsage) yield encoder.usageChunk(usage);
}

/** The answer as a whole. Takes over the call. */
export async function wholeAnswer<Whole>(
  c: Context<AppEnv>,
  context: ServerContext,
  request: AnswerRequest<Whole>,
): Promise<Whole> {
  using _ = request.call;
  const results: GenerationResult[] = [];
  c.var.record.choices = request.starts.length;
  for await (const event of observedEvents(c, context, request)) {
    request.encoder.note?.(event);
    if (event.result) results[event.index] = event.result;
  }
  const usage = finishUsage(c, context, request, results);
  const { warnings = [] } = usage.trimtab;
  if (warnings.length > 0) c.header('X-Trimtab-Warnings', warningsHeader(warnings));
  return request.encoder.whole(results, usage);
}

/** The events, with their times and tokens noted as they pass. */
async function* observedEvents<Whole>(
  c: Context<AppEnv>,
  { limits, metrics, now }: ServerContext,
  { starts, call, name }: AnswerRequest<Whole>,
): AsyncGenerator<ChoiceEvent, void> {
  const { record } = c.var;
  const startedAt = now();
  const lastAt = new Map<number, number>();
  record.completionTokens = 0;
  for await (const event of runChoices(starts, limits.parallelChoices, call.signal)) {
    const count = event.chunk?.tokens.length ?? 0;
    if (count > 0) {
      const at = now();
      const before = lastAt.get(event.index);
      if (before === undefined) metrics.observeFirstToken(name.recipe, (at - startedAt) / 1000);
      else metrics.observeBetweenTokens(name.recipe, (at - before) / 1000);
      lastAt.set(event.index, at);
      record.completionTokens += count;
    }
    yield event;
  }
}

function finishUsage<Whole>(
  c: Context<AppEnv>,
  { service, metrics }: ServerContext,
  { name, perPrompt, promptTokens }: AnswerRequest<Whole>,
  results: readonly GenerationResult[],
): UsageBody {
  for (const result of results) metrics.countTokens(name.recipe, result);
  const base = service.recipes().find((recipe) => recipe.name === name.recipe)?.base ?? '';
  const choices = results.map((result, index) => ({
    prompt: Math.floor(index / perPrompt),
    result,
  }));
  const usage = toUsage(choices, name.only ?? base, promptTokens);
  c.var.record.promptTokens = usage.prompt_tokens;
  c.var.record.completionTokens = usage.completion_tokens;
  return usage;
}

/** Notes an error in the request's record, and in the log when it is the server's own. */
export function reportError({ logger }: ServerContext, c: Context<AppEnv>, error: unknown) {
  const { record, requestId, client, place } = c.var;
  const cause = client?.aborted ? new RefusedError('client_closed', 'The client has gone.') : error;
  const isOfProfiles = /^\/v1\/(?:profiles|contexts)/.test(c.req.path);
  const answer = toErrorAnswer(cause, {
    completionTokens: record?.completionTokens,
    ...place,
    profileParam: isOfProfiles ? null : 'trimtab.profile',
    modelParam: isOfProfiles ? 'recipe' : 'model',
  });
  const { code } = answer.body.error;
  if (record) record.error = code;
  if (answer.status >= 500) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error({ requestId, error: code, detail: printable(detail, 4000) }, 'a request failed');
  }
  return answer;
}

/** What every object of one answer says. */
export interface AnswerHead {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
  readonly trimtab?: {
    readonly profile?: AppliedProfile;
    readonly context?: AppliedContext['used'];
  };
}

/**
 * @param prefix - Of its id: `chatcmpl-`, `cmpl-` or `resp_`.
 * @param profile - Whom the answer is for, if the request says it. @param context - What it begins with, likewise.
 */
export function createHead(
  { service, version, now }: ServerContext,
  prefix: string,
  { model, recipe }: RequestedName,
  profile?: AppliedProfile,
  context?: AppliedContext['used'],
): () => AnswerHead {
  const id = prefix + randomUUID();
  const created = Math.floor(now() / 1000);
  let head: AnswerHead | undefined;
  // Made with the first chunk: by then the recipe is loaded, and its files are known.
  return () =>
    (head ??= {
      id,
      created,
      model,
      system_fingerprint: systemFingerprint(
        version,
        service.recipes().find(({ name }) => name === recipe),
      ),
      ...((profile ?? context) && {
        trimtab: { ...(profile && { profile }), ...(context && { context }) },
      }),
    });
}
