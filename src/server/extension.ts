import { z } from '@hono/zod-openapi';

import type { GenerateOptions } from '../spec/index.ts';
import { refusedFields, refusedOfExtension } from './parameters.ts';
import { boundedArray, strictObject } from './validation.ts';

/** Names of params and of rewards. */
const name = z.string().max(64);

const mostReports = 64;

/** Ranges are the engine's. */
const guidance = z
  .discriminatedUnion(
    'method',
    [
      strictObject({ method: z.literal('args'), candidates: z.int() }),
      strictObject({ method: z.literal('rad'), candidates: z.int() }),
      strictObject({
        method: z.literal('segments'),
        entropy: z.number(),
        threshold: z.number(),
        beta: z.number(),
        maxTokens: z.int(),
        maxTries: z.int(),
      }),
      strictObject({ method: z.literal('best-of'), n: z.int() }),
    ],
    { error: ({ code }) => (code === 'invalid_union' ? unknownMethod : undefined) },
  )
  .openapi({ description: "How the rewards act. Default: the recipe's way." });

const unknownMethod = 'must be "args", "rad", "segments" or "best-of".';

const klBudget = strictObject({ perToken: z.number().optional(), perAnswer: z.number().optional() })
  .nullable()
  .openapi({ description: 'How far the answer may leave the base, in nats; null is no limit.' });

/** The body's `trimtab` object. */
export const extensionField = strictObject({
  params: z
    .record(name, z.number())
    .optional()
    .openapi({ description: 'Params of the recipe\'s formula, e.g. {"alpha": 0.6}.' }),
  rewards: z
    .record(name, z.number())
    .optional()
    .openapi({ description: 'Weights of the recipe\'s rewards, e.g. {"brief": 2}; 0 is off.' }),
  guidance: guidance.optional(),
  reportRewards: boundedArray(name, mostReports)
    .optional()
    .openapi({ description: 'Rewards to judge the whole answer by, beside those that guide it.' }),
  klBudget: klBudget.optional(),
  trace: z.boolean().optional().openapi({ description: 'Explain every token.' }),
  ...refusedFields(refusedOfExtension),
})
  .nullish()
  .openapi({ description: 'What Trimtab adds to the OpenAI API.' });

/** The engine's own names, as they are: JSON has no `undefined` in them. */
export function toExtensionOptions(
  extension: z.output<typeof extensionField>,
): Omit<GenerateOptions, 'signal'> {
  const { profile: _, ...options } = extension ?? {};
  return options as Omit<GenerateOptions, 'signal'>;
}
