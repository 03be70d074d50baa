import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';

import { createHead, streamAnswer, wholeAnswer } from '../answer/answer.ts';
import { chatEncoder } from '../answer/chat-answer.ts';
import { chatRequest } from '../answer/chat-request.ts';
import { failures } from '../edge/failures.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { chatBody } from '../wire/chat-body.ts';
import { chatChunk, chatCompletion, jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';

/** `POST /v1/chat/completions`: parse, run, encode. */
export function addChat(app: OpenAPIHono<AppEnv>, context: ServerContext): void {
  const route = createRoute({
    method: 'post',
    path: '/v1/chat/completions',
    request: { body: jsonBody(chatBody(context.limits)) },
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
    const place = { promptParam: 'messages' } as const;
    const request = await chatRequest(c, context, body, place, (answering) =>
      chatEncoder(
        createHead(context, 'chatcmpl-', answering.name, answering.profile, answering.context),
        answering.report,
      ),
    );
    if (body.stream === true) return streamAnswer(c, context, request);
    return c.json(await wholeAnswer(c, context, request), 200);
  });
}
