import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';

import { createHead, streamAnswer, wholeAnswer } from '../answer/answer.ts';
import { chatRequest } from '../answer/chat-request.ts';
import { responseEncoder } from '../answer/response-answer.ts';
import { failures } from '../edge/failures.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { toConversation } from '../wire/chat-body.ts';
import { resolveRequested } from '../wire/model-name.ts';
import { jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';
import { responseBody, toEcho, toResponseChat, withoutFunction } from '../wire/response-body.ts';
import { inputTokens, response, responseEvent } from '../wire/response-shapes.ts';

/**
 * `POST /v1/responses`, OpenAI's newer form of a chat, of which nothing is stored, and
 * `/v1/responses/input_tokens`, which counts what one would have to read.
 */
export function addResponses(app: OpenAPIHono<AppEnv>, context: ServerContext): void {
  const { service, limits, contexts, now } = context;
  const request = { body: jsonBody(responseBody(limits)) };
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/responses',
      middleware: namesParts,
      request,
      responses: {
        200: {
          description: 'The response, as a whole or as server-sent events.',
          content: {
            ...jsonAnswer('', response).content,
            'text/event-stream': { schema: responseEvent },
          },
        },
        ...failures('answer'),
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { chat, place } = toResponseChat(body);
      const echo = toEcho(body);
      const asked = await chatRequest(c, context, chat, place, (answering) =>
        responseEncoder(
          createHead(context, 'resp_', answering.name, answering.profile, answering.context),
          echo,
          { report: answering.report, now },
        ),
      );
      // The last event of a stream has the usage.
      if (body.stream === true) return streamAnswer(c, context, { ...asked, includeUsage: true });
      return c.json(await wholeAnswer(c, context, asked), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/responses/input_tokens',
      middleware: namesParts,
      request,
      responses: { 200: jsonAnswer('How many.', inputTokens), ...failures('tokens') },
    }),
    async (c) => {
      const { chat, place } = toResponseChat(c.req.valid('json'));
      c.set('place', place);
      const name = resolveRequested(service, chat.model);
      const said = toConversation(chat);
      const applied = await contexts.apply(c.var.owner, chat.trimtab ?? {}, name, said);
      const prompt = applied?.prompt ?? said;
      const signal = c.var.client;
      const { recipe, only } = name;
      const tokens = await service.tokenizePrompt(recipe, prompt, { only, signal });
      return c.json({ object: 'response.input_tokens' as const, input_tokens: tokens.length }, 200);
    },
  );
}

/** For faults of the body's own shape. */
const namesParts = createMiddleware<AppEnv>(async (c, next) => {
  c.set('place', { rename: withoutFunction });
  await next();
});
