import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { AppEnv, ServerContext } from '../environment.ts';
import { failures } from '../edge/failures.ts';
import { jsonAnswer } from '../wire/openai-shapes.ts';
import type { ServedRecipe } from '../../spec/index.ts';

const recipe = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    state: z.enum(['unloaded', 'loading', 'ready', 'failed']),
    failure: z.object({ code: z.string(), message: z.string() }).nullable(),
    base: z.string(),
    expert: z.string().nullable(),
    antiExpert: z.string().nullable(),
    formula: z.string(),
    params: z.record(
      z.string(),
      z.object({
        default: z.number(),
        min: z.number().nullable(),
        max: z.number().nullable(),
        description: z.string().nullable(),
      }),
    ),
    rewards: z.record(z.string(), z.object({ kind: z.string(), weight: z.number() })),
    guidance: z.looseObject({ method: z.enum(['args', 'rad', 'segments', 'best-of']) }),
    klBudget: z
      .object({ perToken: z.number().optional(), perAnswer: z.number().optional() })
      .nullable(),
    constraint: z.looseObject({}).nullable(),
    profile: z
      .object({
        attributes: z
          .array(z.object({ name: z.string(), high: z.string(), low: z.string() }))
          .readonly(),
      })
      .nullable(),
    sampling: z.record(z.string(), z.unknown()),
    modelNames: z.array(z.string()),
    models: z.array(
      z.object({
        name: z.string(),
        file: z.string(),
        weightBytes: z.int(),
        vocabularySize: z.int(),
        vocabularyReport: z.string(),
        contextLength: z.int(),
        kernels: z.string(),
      }),
    ),
  })
  .openapi('Recipe');

const list = z.object({ object: z.literal('list'), data: z.array(recipe) });

/** `GET /v1/recipes`: every recipe with its roles, formula, params and their ranges, and models. */
export function addRecipes(app: OpenAPIHono<AppEnv>, { service }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/recipes',
      responses: { 200: jsonAnswer('The recipes served.', list), ...failures('read') },
    }),
    (c) => c.json({ object: 'list' as const, data: service.recipes().map(toRecipe) }, 200),
  );
}

function toRecipe(served: ServedRecipe): z.output<typeof recipe> {
  return {
    ...served,
    params: { ...served.params },
    rewards: { ...served.rewards },
    guidance: { ...served.guidance },
    klBudget: served.klBudget && { ...served.klBudget },
    constraint: served.constraint && { ...served.constraint },
    sampling: { ...served.sampling },
    modelNames: [...served.modelNames],
    models: [...served.models],
  };
}
