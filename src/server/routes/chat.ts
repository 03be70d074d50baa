import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';

import { withSteering } from '../../profiles/index.ts';
import { createHead, streamAnswer, wholeAnswer } from '../answer/answer.ts';
import { chatEncoder } from '../answer/chat-answer.ts';
import { chatBody, toChatConstraint, toChatOptions, toConversation } from '../wire/chat-body.ts';
import { callForm, contentForm } from '../wire/chat-message.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { resolveRequested } from '../wire/model-name.ts';
import { failures } from '../edge/failures.ts';
import { chatChunk, chatCompletion, jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';
import { repeated } from '../wire/seeds.ts';
import { toForcedCall } from '../wire/tool-fields.ts';
import { toKeepAlive } from '../wire/generation-fields.ts';

/** `POST /v1/chat/completions`: parse, run, encode. */
export function addChat(app: OpenAPIHono<AppEnv>, context: ServerContext): void {
  const { service, limits, calls, profiles } = context;
  const route = createRoute({
    method: 'post',
    path: '/v1/chat/completions',
    request: { body: jsonBody(chatBody(limits)) },
    responses: {
      200: {
        description: 'The answer, as a whole or as server-sent events.',
        content: {
          ...jsonAnswer('', chatCompletion).content,
          'text/event-stream': { schema: chatChunk },
        },
      },
      ...failures('answer'),
    },
  });
  app.openapi(route, async (c) => {
    const body = c.req.valid('json');
    const name = resolveRequested(service, body.model);
    const forced = toForcedCall(body);
    const requested = toChatConstraint(body, forced);
    const { owner } = c.var;
    const profile = await profiles.steering(owner, body.trimtab?.profile, name);
    const options = withSteering(toChatOptions(body, requested), profile ?? {});
    const conversation = toConversation(body);
    c.var.record.model = name.model;
    c.var.record.prompt = conversation.messages;
    c.set('requestedConstraint', requested);
    const includeUsage = body.stream_options?.include_usage === true;
    const form = forced === undefined ? contentForm : callForm(forced);
    const encoder = chatEncoder(createHead(context, 'chatcmpl', name, profile), form, {
      logprobs: body.logprobs === true,
      topLogprobs: body.top_logprobs ?? 0,
      trace: options.trace === true,
      includeUsage,
    });
    const keepAlive = toKeepAlive(body);
    const call = calls.begin(c.var.client);
    const starts = repeated(options, body.n ?? 1).map(
      (each) => () =>
        service.stream({
          recipe: name.recipe,
          prompt: conversation,
          owner,
          request: call.id,
          signal: call.signal,
          ...keepAlive,
          options: { ...each, ...(name.only !== undefined && { only: name.only }) },
        }),
    );
    const request = { name, starts, perPrompt: body.n ?? 1, call, encoder, includeUsage };
    if (body.stream === true) return streamAnswer(c, context, request);
    return c.json(await wholeAnswer(c, context, request), 200);
  });
}
