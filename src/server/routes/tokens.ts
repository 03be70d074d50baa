import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { ServedRecipe } from '../../spec/index.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { resolveRequested, type ServedName } from '../wire/model-name.ts';
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
        200: jsonAnswer('The tokens of the text, or of the prompt that the chat is.', tokenized),
        ...failures('tokens'),
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const request = toTokenizeRequest(body);
      const name = resolveRequested(service, body.model);
      const { recipe, only } = name;
      c.set('place', { promptParam: 'messages' });
      const tokens = await ('prompt' in request
        ? service.tokenizePrompt(recipe, request.prompt, { only, signal: c.var.client })
        : service.tokenize(recipe, request.text, { only, ...request.options }));
      const max_model_len = contextLengthOf(service.recipes(), name);
      return c.json({ count: tokens.length, max_model_len, tokens }, 200);
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

const tokenized = z.object({
  count: z.int(),
  max_model_len: z
    .int()
    .nullable()
    .openapi({ description: "The model's context; `null` where it is not known." }),
  tokens: z.array(z.int()),
});

/** Of the model asked alone, or of the base. */
function contextLengthOf(
  recipes: readonly ServedRecipe[],
  { recipe, only }: ServedName,
): number | null {
  const served = recipes.find(({ name }) => name === recipe);
  const model = served?.models.find(({ name }) => name === (only ?? served.base));
  return model?.contextLength ?? null;
}

/** Answers end by themselves at every end token of the model: there is no text to stop at. */
const tokenizerInfo = z.object({ bos_token: z.null(), eos_token: z.null() });
