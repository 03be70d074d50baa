import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import { failures } from '../edge/failures.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import {
  batchList,
  batchObject,
  newBatchBody,
  pageQuery,
  toBatchObject,
  toObjectList,
} from '../wire/batch-shapes.ts';
import { jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';

const byId = z.object({ id: z.string() });
const one = { 200: jsonAnswer('The batch.', batchObject), ...failures('job') };

/** `/v1/batches`: files of requests, answered in the background, each owner's own. */
export function addBatches(app: OpenAPIHono<AppEnv>, { batches }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/batches',
      request: { body: jsonBody(newBatchBody) },
      responses: one,
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { endpoint, input_file_id: inputFileId, metadata = null } = body;
      const keptSeconds = body.output_expires_after?.seconds;
      const outputKeptMs = keptSeconds === undefined ? undefined : keptSeconds * 1000;
      const request = { endpoint, inputFileId, metadata, outputKeptMs };
      const batch = await (await batches.get()).create(c.var.owner, request);
      return c.json(toBatchObject(batch), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/batches',
      request: { query: z.object(pageQuery) },
      responses: {
        200: jsonAnswer("The key's batches, newest first.", batchList),
        ...failures('job'),
      },
    }),
    async (c) => {
      const { after, limit = 20 } = c.req.valid('query');
      const opened = await batches.get();
      const found = await opened.list(c.var.owner, { after, limit: limit + 1, order: 'desc' });
      return c.json(toObjectList(found.map(toBatchObject), limit), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/batches/{id}',
      request: { params: byId },
      responses: one,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      return c.json(toBatchObject(await (await batches.get()).batch(c.var.owner, id)), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/batches/{id}/cancel',
      request: { params: byId },
      responses: one,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      return c.json(toBatchObject(await (await batches.get()).cancel(c.var.owner, id)), 200);
    },
  );
}
