import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { AppEnv, ServerContext } from '../environment.ts';
import { resolveName, servedNames } from '../wire/model-name.ts';
import { failures } from '../edge/failures.ts';
import { jsonAnswer } from '../wire/openai-shapes.ts';

const model = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int(),
    owned_by: z.literal('trimtab'),
  })
  .openapi('Model');

/** `GET /v1/models`: each recipe, and each model of each alone. */
export function addModels(app: OpenAPIHono<AppEnv>, { service, now }: ServerContext): void {
  const created = Math.floor(now() / 1000);
  const toModel = (id: string): z.output<typeof model> => ({
    id,
    object: 'model',
    created,
    owned_by: 'trimtab',
  });
  const list = z.object({ object: z.literal('list'), data: z.array(model) });
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/models',
      responses: { 200: jsonAnswer('What can be asked.', list), ...failures('read') },
    }),
    (c) => {
      const data = [...servedNames(service.recipes()).keys()].map(toModel);
      return c.json({ object: 'list' as const, data }, 200);
    },
  );
  const responses = { 200: jsonAnswer('One of them.', model), ...failures('named') };
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/models/{id}',
      request: { params: z.object({ id: z.string() }) },
      responses,
    }),
    (c) => {
      const { id } = c.req.valid('param');
      resolveName(service, id);
      return c.json(toModel(id), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/models/{recipe}/{model}',
      request: { params: z.object({ recipe: z.string(), model: z.string() }) },
      responses,
    }),
    (c) => {
      const { recipe, model: only } = c.req.valid('param');
      resolveName(service, `${recipe}/${only}`);
      return c.json(toModel(`${recipe}/${only}`), 200);
    },
  );
}
