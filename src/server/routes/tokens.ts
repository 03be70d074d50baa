import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { AppEnv, ServerContext } from '../environment.ts';
import { resolveRequested } from '../wire/model-name.ts';
import { failures } from '../edge/failures.ts';
import { jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';
import { detokenizeBody, tokenizeBody, toTokenizeRequest } from '../wire/token-bodies.ts';

/**
 * `POST /tokenize` and `/detokenize`, in the fields of llama-server and of vLLM, and `GET /tokenizer_info`,
 * by which clients of vLLM see that they need no tokenizer of their own.
 */
export function addTokens(app: OpenAPIHono<AppEnv>, { service }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/tokenize',
      request: { body: jsonBody(tokenizeBody) },
      responses: {
        200: jsonAnswer("The text's tokens.", z.object({ tokens: z.array(z.int()) })),
        ...failures('tokens'),
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { text, ...options } = toTokenizeRequest(body);
      const { recipe, only } = resolveRequested(service, body.model);
      const tokens = await service.tokenize(recipe, text, { only, ...options });
      return c.json({ tokens }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/detokenize',
      request: { body: jsonBody(detokenizeBody) },
      responses: {
        200: jsonAnswer(
          "The tokens' text, under the names of both.",
          z.object({ content: z.string(), prompt: z.string() }),
        ),
        ...failures('tokens'),
      },
    }),
    async (c) => {
      const { model, tokens } = c.req.valid('json');
      const { recipe, only } = resolveRequested(service, model);
      const text = await service.detokenize(recipe, tokens, { only });
      return c.json({ content: text, prompt: text }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/tokenizer_info',
      responses: { 200: jsonAnswer('Of the special tokens.', tokenizerInfo), ...failures('read') },
    }),
    (c) => c.json({ bos_token: null, eos_token: null }, 200),
  );
}

/** Answers end by themselves at every end token of the model: there is no text to stop at. */
const tokenizerInfo = z.object({ bos_token: z.null(), eos_token: z.null() });
