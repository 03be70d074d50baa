import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { AppEnv, ServerContext } from '../environment.ts';
import { failure, jsonAnswer, jsonBody } from '../openai-shapes.ts';
import {
  answerBody,
  importBody,
  newProfileBody,
  overridesBody,
  profileDocument,
  profileList,
  profileQuestion,
  profileView,
} from '../profile-shapes.ts';

const byId = z.object({ id: z.string().max(128) });
const ofRecipe = z.object({ recipe: z.string().max(512).optional() });
const view = { 200: jsonAnswer('What is known of the user.', profileView), default: failure };

/** `/v1/profiles`: what users like, each owner's own. */
export function addProfiles(app: OpenAPIHono<AppEnv>, { profiles, calls }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/profiles',
      request: { body: jsonBody(newProfileBody) },
      responses: {
        201: jsonAnswer('The profile, which knows nothing yet.', profileView),
        default: failure,
      },
    }),
    async (c) => {
      const { model, ...profile } = c.req.valid('json');
      const opened = await profiles.get();
      const created = await opened.create(c.var.owner, { ...profile, recipe: model });
      return c.json(created, 201);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles',
      responses: {
        200: jsonAnswer("The key's profiles, oldest first.", profileList),
        default: failure,
      },
    }),
    async (c) => {
      const data = await (await profiles.get()).list(c.var.owner);
      return c.json({ object: 'list' as const, data: data }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/profiles/import',
      request: { body: jsonBody(importBody) },
      responses: { 201: jsonAnswer('The profile.', profileView), default: failure },
    }),
    async (c) => {
      const { document, id } = c.req.valid('json');
      return c.json(await (await profiles.get()).import(c.var.owner, document, id), 201);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles/{id}',
      request: { params: byId, query: ofRecipe },
      responses: view,
    }),
    async (c) => {
      const { recipe } = c.req.valid('query');
      const opened = await profiles.get();
      return c.json(await opened.get(c.var.owner, c.req.valid('param').id, recipe), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/profiles/{id}',
      request: { params: byId },
      responses: { 204: { description: 'Nothing of it is left.' }, default: failure },
    }),
    async (c) => {
      await (await profiles.get()).delete(c.var.owner, c.req.valid('param').id);
      return c.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/profiles/{id}/reset',
      request: { params: byId },
      responses: view,
    }),
    async (c) => {
      const opened = await profiles.get();
      return c.json(await opened.reset(c.var.owner, c.req.valid('param').id), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'put',
      path: '/v1/profiles/{id}/overrides',
      request: { params: byId, body: jsonBody(overridesBody) },
      responses: view,
    }),
    async (c) => {
      const { overrides } = c.req.valid('json');
      const opened = await profiles.get();
      const { id } = c.req.valid('param');
      return c.json(await opened.setOverrides(c.var.owner, id, overrides), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles/{id}/export',
      request: { params: byId },
      responses: {
        200: jsonAnswer('Everything of it, for import.', profileDocument),
        default: failure,
      },
    }),
    async (c) => {
      const opened = await profiles.get();
      const document = await opened.export(c.var.owner, c.req.valid('param').id);
      return c.json({ ...document } as z.output<typeof profileDocument>, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles/{id}/questions',
      request: { params: byId, query: ofRecipe },
      responses: { 200: jsonAnswer('The pair to show next.', profileQuestion), default: failure },
    }),
    async (c) => {
      using call = calls.begin(c.var.client);
      const { signal } = call;
      const { recipe } = c.req.valid('query');
      const opened = await profiles.get();
      const next = await opened.question(c.var.owner, c.req.valid('param').id, { recipe, signal });
      if (next.kind === 'enough') return c.json({ question: null, reason: next.reason }, 200);
      const { kind: _, ...question } = next;
      return c.json({ question }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/profiles/{id}/answers',
      request: { params: byId, body: jsonBody(answerBody) },
      responses: view,
    }),
    async (c) => {
      const opened = await profiles.get();
      const { id } = c.req.valid('param');
      return c.json(await opened.answer(c.var.owner, id, c.req.valid('json')), 200);
    },
  );
}
