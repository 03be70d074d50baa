import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { AppEnv, ServerContext } from '../environment.ts';
import { resolveName } from '../model-name.ts';
import { failure, jsonAnswer, jsonBody } from '../openai-shapes.ts';
import { strictObject, text, tokenIds } from '../validation.ts';

const tokenizeBody = strictObject({
  model: z.string().max(512),
  content: text,
  add_special: z.boolean().nullish().openapi({ description: 'Add BOS and EOS. Default: false.' }),
  parse_special: z
    .boolean()
    .nullish()
    .openapi({ description: 'Read <|im_end|> and its like as control tokens. Default: true.' }),
}).openapi('TokenizeRequest');

const detokenizeBody = strictObject({
  model: z.string().max(512),
  tokens: tokenIds,
}).openapi('DetokenizeRequest');

/** `POST /tokenize` and `/detokenize`, in the fields of llama-server. */
export function addTokens(app: OpenAPIHono<AppEnv>, { service }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/tokenize',
      request: { body: jsonBody(tokenizeBody) },
      responses: {
        200: jsonAnswer("The text's tokens.", z.object({ tokens: z.array(z.int()) })),
        default: failure,
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { recipe, only } = resolveName(service, body.model);
      const tokens = await service.tokenize(recipe, body.content, {
        only,
        addSpecial: body.add_special ?? false,
        parseSpecial: body.parse_special ?? true,
      });
      return c.json({ tokens }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/detokenize',
      request: { body: jsonBody(detokenizeBody) },
      responses: {
        200: jsonAnswer("The tokens' text.", z.object({ content: z.string() })),
        default: failure,
      },
    }),
    async (c) => {
      const { model, tokens } = c.req.valid('json');
      const { recipe, only } = resolveName(service, model);
      return c.json({ content: await service.detokenize(recipe, tokens, { only }) }, 200);
    },
  );
}
