import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { AppEnv, ServerContext } from '../environment.ts';
import { openingStates } from '../opening-state.ts';
import { jsonAnswer } from '../wire/openai-shapes.ts';

const opening = z.enum(openingStates).openapi({
  description: '`closed` until their first use; `failed`: their store cannot be opened.',
});

const health = z
  .object({
    status: z.enum(['ok', 'loading', 'starting', 'restarting', 'stopped']),
    profiles: opening,
    batches: opening,
  })
  .openapi('Health');

/** `GET /health`: 200 when requests can be answered. */
export function addHealth(
  app: OpenAPIHono<AppEnv>,
  { service, profiles, batches }: ServerContext,
): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health',
      responses: {
        200: jsonAnswer('Ready.', health),
        503: jsonAnswer('Loading, starting or stopping.', health),
      },
    }),
    (c) => {
      const { state } = service.status;
      const kept = { profiles: profiles.state, batches: batches.state };
      if (state !== 'ready') return c.json({ status: state, ...kept }, 503);
      const states = new Set(service.recipes().map((recipe) => recipe.state));
      // A recipe that loads beside another one that answers is no reason to send nothing here.
      const isLoading = states.has('loading') && !states.has('ready');
      return isLoading
        ? c.json({ status: 'loading' as const, ...kept }, 503)
        : c.json({ status: 'ok' as const, ...kept }, 200);
    },
  );
}
