import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';

import { withSteering } from '../../profiles/index.ts';
import { createHead, streamAnswer, wholeAnswer } from '../answer/answer.ts';
import { inBackground } from '../answer/calls.ts';
import { mapParallel, rejectOnAbort } from '../answer/choices.ts';
import { completionEncoder, type Echo } from '../answer/completion-answer.ts';
import {
  completionBody,
  toCompletionOptions,
  toPrompts,
  type CompletionPrompt,
} from '../wire/completion-body.ts';
import { findConstraint } from '../wire/constraint-fields.ts';
import { echoPrompt, type EchoRequest } from '../answer/echo.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { resolveRequested } from '../wire/model-name.ts';
import { failures } from '../edge/failures.ts';
import { completion, jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';
import { repeated } from '../wire/seeds.ts';
import { toKeepAlive } from '../wire/generation-fields.ts';

/** `POST /v1/completions`: raw text or token ids, with `echo` for scoring given text. */
export function addCompletions(app: OpenAPIHono<AppEnv>, context: ServerContext): void {
  const { service, limits, calls, profiles } = context;
  const route = createRoute({
    method: 'post',
    path: '/v1/completions',
    request: { body: jsonBody(completionBody(limits)) },
    responses: {
      200: {
        description: 'The completions, as a whole or as server-sent events.',
        content: {
          ...jsonAnswer('', completion).content,
          'text/event-stream': { schema: completion },
        },
      },
      ...failures('answer'),
    },
  });
  app.openapi(route, async (c) => {
    const body = c.req.valid('json');
    const name = resolveRequested(service, body.model);
    const requested = findConstraint(body);
    const { owner, priority } = c.var;
    const profile = await profiles.steering(owner, body.trimtab?.profile, name);
    const options = withSteering(toCompletionOptions(body, requested), profile ?? {});
    const prompts = toPrompts(body, limits);
    const perPrompt = body.n ?? 1;
    c.var.record.model = name.model;
    c.var.record.prompt = prompts;
    c.set('place', { constraint: requested });
    const logprobs = options.logprobs === true;
    const keepAlive = toKeepAlive(body);
    const call = calls.begin(c.var.client, priority);
    const { signal } = call;
    let echoes: Echo[] = [];
    if (body.echo === true) {
      try {
        echoes = await echoAll(context, prompts, {
          name,
          owner,
          request: call.id,
          signal,
          logprobs,
          options,
        });
      } catch (error) {
        call[Symbol.dispose]();
        throw error;
      }
    }
    const isEchoOnly = options.maxTokens === 0;
    const starts = isEchoOnly
      ? []
      : prompts.flatMap((prompt) =>
          repeated(options, perPrompt).map(
            (each) => () =>
              service.stream({
                recipe: name.recipe,
                prompt: typeof prompt === 'string' ? { text: prompt } : { tokens: prompt },
                owner,
                request: call.id,
                ...keepAlive,
                signal,
                options: {
                  ...each,
                  ...inBackground(priority),
                  ...(name.only !== undefined && { only: name.only }),
                },
              }),
          ),
        );
    const includeUsage = body.stream_options?.include_usage === true;
    const encoder = completionEncoder(
      createHead(context, 'cmpl-', name, profile),
      { logprobs, topLogprobs: body.logprobs ?? 0, trace: options.trace === true, includeUsage },
      echoes.flatMap((echo) => Array.from({ length: perPrompt }, () => echo)),
      options.maxTokens,
    );
    const promptTokens = isEchoOnly
      ? echoes.reduce((sum, { tokenCount }) => sum + tokenCount, 0)
      : 0;
    const request = { name, starts, perPrompt, call, encoder, includeUsage, promptTokens };
    if (body.stream === true) return streamAnswer(c, context, request);
    return c.json(await wholeAnswer(c, context, request), 200);
  });
}

async function echoAll(
  { service, limits }: ServerContext,
  prompts: readonly CompletionPrompt[],
  request: EchoRequest,
): Promise<Echo[]> {
  const aborted = rejectOnAbort(request.signal);
  try {
    const all = mapParallel(prompts, limits.parallelChoices, (prompt) =>
      echoPrompt(service, prompt, request),
    );
    return await Promise.race([all, aborted.promise]);
  } finally {
    aborted.stop();
  }
}
