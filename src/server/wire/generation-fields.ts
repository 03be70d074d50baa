import { z } from '@hono/zod-openapi';

import type { Endpoint } from '../../options/index.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import {
  constraintFields,
  toConstraintOption,
  type RequestedConstraint,
} from './constraint-fields.ts';
import { extensionField, toExtensionOptions } from './extension.ts';
import { optionFields, readOptions, type Bounds } from './option-fields.ts';
import { strictObject } from './validation.ts';

/** Parameters of an endpoint that the engine honours. */
export function generationFields<E extends Endpoint>(endpoint: E, bounds: Bounds = {}) {
  return {
    ...optionFields(endpoint, 'body', bounds),
    ...constraintFields,
    trimtab: extensionField(endpoint),
  };
}

/** What is asked: see `resolveRequested`. */
export const modelField = z
  .string()
  .max(512)
  .nullish()
  .openapi({ description: 'Where one recipe is served, absent and foreign names mean it.' });

export const streamOptionsField = strictObject({
  include_usage: z.boolean().nullish(),
  include_obfuscation: z.boolean().nullish().openapi({ description: 'Without effect.' }),
}).nullish();

type ConstraintBody = Parameters<typeof toConstraintOption>[0];

type GenerationBody = ConstraintBody & {
  readonly trimtab?: Parameters<typeof toExtensionOptions>[0];
};

/** The engine's options. @throws InvalidOptionError for one under two names. */
export function toGenerateOptions(
  body: GenerationBody,
  endpoint: Endpoint,
  requested: RequestedConstraint | undefined,
): Omit<GenerateOptions, 'signal'> {
  return {
    ...readOptions(body, endpoint, 'body'),
    ...toExtensionOptions(body.trimtab, endpoint),
    ...toConstraintOption(body, requested),
  };
}
