import { z } from '@hono/zod-openapi';

import type { GenerateOptions } from '../../spec/index.ts';
import { boundedArray, numbersByName, strictObject } from './validation.ts';

/** Names of params and of rewards. */
const name = z.string().max(64);

const mostReports = 64;

const number = z.number().optional();

/** Which settings a method has, their ranges and defaults, the recipe knows. */
const guidance = strictObject({
  method: z.enum(['args', 'rad', 'segments', 'best-of']),
  candidates: number,
  entropy: number,
  threshold: number,
  beta: number,
  maxTokens: number,
  maxTries: number,
  n: number,
}).openapi({ description: "How the rewards act. Default: the recipe's way." });

const klBudget = strictObject({ perToken: number, perAnswer: number })
  .nullable()
  .openapi({ description: 'How far the answer may leave the base, in nats; null is no limit.' });

/** The body's `trimtab` object. */
export const extensionField = strictObject({
  params: numbersByName
    .optional()
    .openapi({ description: 'Params of the recipe\'s formula, e.g. {"alpha": 0.6}.' }),
  rewards: numbersByName
    .optional()
    .openapi({ description: 'Weights of the recipe\'s rewards, e.g. {"brief": 2}; 0 is off.' }),
  guidance: guidance.optional(),
  reportRewards: boundedArray(name, mostReports)
    .optional()
    .openapi({ description: 'Rewards to judge the whole answer by, beside those that guide it.' }),
  klBudget: klBudget.optional(),
  trace: z.boolean().optional().openapi({ description: 'Explain every token.' }),
  profile: z
    .string()
    .max(128)
    .nullish()
    .openapi({ description: 'The id of a reward profile of this key: whom the answer is for.' }),
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
