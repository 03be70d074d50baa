import { z } from '@hono/zod-openapi';

import { readKeepAlive, type Endpoint } from '../../options/index.ts';
import type { GenerateOptions, ServiceRequest } from '../../spec/index.ts';
import {
  constraintFields,
  toConstraintOption,
  type RequestedConstraint,
} from './constraint-fields.ts';
import { extensionField, toExtensionOptions } from './extension.ts';
import { optionFields, readOptions, type Bounds } from './option-fields.ts';
import { strictObject } from './validation.ts';

export const keepAliveField = z
  .union([z.string().max(64), z.number()])
  .nullish()
  .openapi({
    description:
      'How long the recipe stays loaded when nobody uses it afterwards: seconds, or a duration such as 10m; 0 unloads it at once, -1 never.',
  });

/** Parameters of an endpoint that the engine honours. */
export function generationFields<E extends Endpoint>(endpoint: E, bounds: Bounds = {}) {
  return {
    ...optionFields(endpoint, 'body', bounds),
    ...constraintFields,
    keep_alive: keepAliveField,
    trimtab: extensionField(endpoint),
  };
}

/** What a request to a service is told of `keep_alive`. @throws InvalidOptionError */
export function toKeepAlive({
  keep_alive: keepAlive,
}: {
  readonly keep_alive?: string | number | null | undefined;
}): Pick<ServiceRequest, 'keepAliveMs'> {
  return keepAlive == null ? {} : { keepAliveMs: readKeepAlive('keep_alive', keepAlive) };
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
