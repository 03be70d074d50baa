import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi';

import type { AppEnv, ServerContext } from '../environment.ts';
import { failures } from '../edge/failures.ts';
import { jsonAnswer } from '../wire/openai-shapes.ts';
import { optionValue, samplingValue } from '../wire/option-fields.ts';

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
        schedule: z
          .object({ match: z.literal('kl').optional(), junctions: z.number().optional() })
          .optional(),
      }),
    ),
    rewards: z.record(z.string(), z.object({ kind: z.string(), weight: z.number() })),
    guidance: optionValue('guidance'),
    klBudget: optionValue('klBudget'),
    constraint: optionValue('constraint'),
    profile: z
      .object({
        attributes: z
          .array(z.object({ name: z.string(), high: z.string(), low: z.string() }))
          .readonly(),
      })
      .nullable(),
    sampling: samplingValue(),
    modelNames: z.array(z.string()).readonly(),
    models: z
      .array(
        z.object({
          name: z.string(),
          file: z.string(),
          hub: z.string().optional(),
          weightBytes: z.int(),
          vocabularySize: z.int(),
          vocabularyReport: z.string(),
          contextLength: z.int(),
          kernels: z.string(),
        }),
      )
      .readonly(),
  })
  .openapi('Recipe');

const list = z.object({ object: z.literal('list'), data: z.array(recipe).readonly() });

/** `GET /v1/recipes`: every recipe with its roles, formula, params and their ranges, and models. */
export function addRecipes(app: OpenAPIHono<AppEnv>, { service }: ServerContext): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/recipes',
      responses: { 200: jsonAnswer('The recipes served.', list), ...failures('read') },
    }),
    (c) => c.json({ object: 'list' as const, data: service.recipes() }, 200),
  );
}
