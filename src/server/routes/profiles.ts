import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';

import type { Profiles } from '../../profiles/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { RefusedError } from '../edge/errors.ts';
import { failures } from '../edge/failures.ts';
import { jsonAnswer, jsonBody } from '../wire/openai-shapes.ts';
import {
  answerBody,
  importBody,
  newProfileBody,
  overridesBody,
  profileDocument,
  profileList,
  profileQuestion,
  profileView,
} from '../wire/profile-shapes.ts';

const byId = z.object({ id: z.string() });
const ofRecipe = z.object({ recipe: z.string().max(512).optional() });
const created = { 201: jsonAnswer('The new profile.', profileView), ...failures('profile') };
const view = { 200: jsonAnswer('What is known of the user.', profileView), ...failures('profile') };

/** `/v1/profiles`: what users like, each owner's own. */
export function addProfiles(app: OpenAPIHono<AppEnv>, context: ServerContext): void {
  const { profiles, calls } = context;
  const within = async <Value>(
    c: Context<AppEnv>,
    work: (opened: Profiles, owner: string, signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> => {
    using call = calls.begin(c.var.client);
    try {
      return await work(await profiles.get(), c.var.owner, call.signal);
    } catch (error) {
      throw toRefusal(error);
    }
  };
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/profiles',
      request: { body: jsonBody(newProfileBody) },
      responses: created,
    }),
    async (c) => {
      const given = c.req.valid('json');
      return c.json(await within(c, (opened, owner) => opened.create(owner, given)), 201);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles',
      responses: {
        200: jsonAnswer("The key's profiles, oldest first.", profileList),
        ...failures('profile'),
      },
    }),
    async (c) => {
      const data = await within(c, (opened, owner) => opened.list(owner));
      return c.json({ object: 'list' as const, data }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/profiles/import',
      request: { body: jsonBody(importBody) },
      responses: created,
    }),
    async (c) => {
      const { document, id } = c.req.valid('json');
      return c.json(await within(c, (opened, owner) => opened.import(owner, document, id)), 201);
    },
  );
  // Not a profile: `import` is no id.
  app.all('/v1/profiles/import', (c) => {
    c.header('Allow', 'POST');
    throw new RefusedError('method_not_allowed', 'Ask by POST.');
  });
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles/{id}',
      request: { params: byId, query: ofRecipe },
      responses: view,
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { recipe } = c.req.valid('query');
      return c.json(await within(c, (opened, owner) => opened.get(owner, id, recipe)), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/profiles/{id}',
      request: { params: byId },
      responses: { 204: { description: 'Nothing of it is left.' }, ...failures('profile') },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await within(c, (opened, owner) => opened.delete(owner, id));
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
      const { id } = c.req.valid('param');
      return c.json(await within(c, (opened, owner) => opened.reset(owner, id)), 200);
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
      const { id } = c.req.valid('param');
      const { overrides } = c.req.valid('json');
      const work = (opened: Profiles, owner: string) => opened.setOverrides(owner, id, overrides);
      return c.json(await within(c, work), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles/{id}/export',
      request: { params: byId },
      responses: {
        200: jsonAnswer('Everything of it, for import.', profileDocument),
        ...failures('profile'),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const document = await within(c, (opened, owner) => opened.export(owner, id));
      return c.json({ ...document } as z.output<typeof profileDocument>, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/profiles/{id}/questions',
      request: { params: byId, query: ofRecipe },
      responses: {
        200: jsonAnswer('The pair to show next.', profileQuestion),
        ...failures('profile'),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { recipe } = c.req.valid('query');
      const next = await within(c, (opened, owner, signal) =>
        opened.question(owner, id, { recipe, signal }),
      );
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
      const { id } = c.req.valid('param');
      const answer = c.req.valid('json');
      return c.json(await within(c, (opened, owner) => opened.answer(owner, id, answer)), 200);
    },
  );
}

/** Errors of options that are no fault of the request: what is there already is in its way. */
const refusals: ReadonlyMap<string, 'conflict' | 'limit_reached'> = new Map([
  ['id', 'conflict'],
  ['answer.id', 'conflict'],
  ['limits.profiles', 'limit_reached'],
  ['limits.answers', 'limit_reached'],
]);

function toRefusal(error: unknown): unknown {
  const code = error instanceof InvalidOptionError && refusals.get(error.option);
  return code ? new RefusedError(code, error.message, { cause: error }) : error;
}
