import { z } from '@hono/zod-openapi';

import { idPattern, storeLimits } from '../../store/index.ts';
import { numbersByName, strictObject } from './validation.ts';

/** Ids of profiles and questions. */
const id = z
  .string()
  .regex(
    idPattern,
    'must be 1 to 128 letters, digits or `_ . : -`, and begin with a letter or digit.',
  )
  .refine((given) => given !== 'import', 'must not be `import`, which is a route.');

/** `POST /v1/profiles`. */
export const newProfileBody = strictObject({
  recipe: z.string().max(512).openapi({ description: 'Whose answers are compared.' }),
  id: id.optional().openapi({ description: 'Drawn at random by default.' }),
  name: z
    .string()
    .min(1)
    .max(storeLimits.nameLength)
    .optional()
    .openapi({ description: 'For people.' }),
}).openapi('NewProfile');

/** `PUT /v1/profiles/{id}/overrides`. */
export const overridesBody = strictObject({
  overrides: numbersByName.openapi({
    description: "The user's own weights by attribute; others are as learned.",
  }),
}).openapi('ProfileOverrides');

/** `POST /v1/profiles/{id}/answers`. */
export const answerBody = strictObject({
  question: id.openapi({ description: 'The id of the question: it takes one answer, once.' }),
  outcome: z.enum(['first', 'second', 'tie', 'neither']),
}).openapi('ProfileAnswer');

/** `POST /v1/profiles/import`. */
export const importBody = strictObject({
  document: z.unknown().openapi({ description: 'What an export gave.' }),
  id: id.optional().openapi({ description: "In place of the document's." }),
}).openapi('ProfileImport');

const entry = {
  id: z.string(),
  name: z.string().nullable(),
  recipes: z.array(z.string()).readonly(),
  answers: z.int(),
  createdAt: z.number().openapi({ description: 'Milliseconds since 1970.' }),
  updatedAt: z.number(),
};

const enough = z.object({
  kind: z.literal('enough'),
  reason: z.enum(['count', 'gain', 'none left']),
});

const attribute = z.object({
  name: z.string(),
  high: z.string(),
  low: z.string(),
  mean: z.number().openapi({ description: 'Log-odds of a choice per standard deviation.' }),
  sd: z.number(),
  interval: z
    .tuple([z.number(), z.number()])
    .readonly()
    .openapi({ type: 'array', items: { type: 'number' }, description: 'The central 80 %.' }),
  verdict: z.enum(['clear', 'probable', 'indifferent', 'unsure']),
  text: z.string(),
  override: z.number().nullable(),
  weight: z.number().openapi({ description: 'What the recipe is steered with.' }),
});

/** What is known of a user. */
export const profileView = z
  .object({
    ...entry,
    recipe: z.string(),
    attributes: z.array(attribute).readonly(),
    text: z.string(),
    state: z.union([z.object({ kind: z.literal('asking'), expectedAnswers: z.number() }), enough]),
  })
  .openapi('Profile');

export const profileList = z.object({
  object: z.literal('list'),
  data: z.array(z.object(entry)).readonly(),
});

/** The pair to show next, or why there is none. */
export const profileQuestion = z
  .object({
    question: z
      .object({
        id: z.string(),
        prompt: z.string(),
        first: z.string(),
        second: z.string(),
        number: z.int(),
        expected: z.number(),
      })
      .nullable(),
    reason: enough.shape.reason.optional(),
  })
  .openapi('ProfileQuestion');

export const profileDocument = z.looseObject({}).openapi('ProfileExport');
