import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import { failures } from '../edge/failures.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { pageQuery, toObjectList } from '../wire/batch-shapes.ts';
import {
  contextList,
  contextObject,
  deletedContext,
  newContextBody,
  toContextEntry,
  toContextObject,
} from '../wire/context-shapes.ts';
import { jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';

const byId = z.object({ id: z.string() });

/** `/v1/contexts`: texts that requests stand before their messages, each owner's own. */
export function addContexts(app: OpenAPIHono<AppEnv>, { contexts }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/contexts',
      request: { body: jsonBody(newContextBody) },
      responses: { 200: jsonAnswer('The context.', contextObject), ...failures('job') },
    }),
    async (c) => {
      const opened = await contexts.get();
      const made = await opened.create(c.var.owner, c.req.valid('json'));
      return c.json(toContextObject(made), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/contexts',
      request: {
        query: z.object({ ...pageQuery, order: z.enum(['asc', 'desc']).optional() }),
      },
      responses: {
        200: jsonAnswer("The key's contexts, newest first.", contextList),
        ...failures('job'),
      },
    }),
    async (c) => {
      const { after, limit = 100, order = 'desc' } = c.req.valid('query');
      const opened = await contexts.get();
      const found = await opened.list(c.var.owner, { after, limit: limit + 1, order });
      return c.json(toObjectList(found.map(toContextEntry), limit), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/contexts/{id}',
      request: { params: byId },
      responses: {
        200: jsonAnswer('The context, and what was prepared for it.', contextObject),
        ...failures('job'),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      return c.json(toContextObject(await (await contexts.get()).get(c.var.owner, id)), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/contexts/{id}',
      request: { params: byId },
      responses: { 200: jsonAnswer('Nothing of it is left.', deletedContext), ...failures('job') },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await (await contexts.get()).delete(c.var.owner, id);
      return c.json({ id, object: 'context' as const, deleted: true as const }, 200);
    },
  );
}
