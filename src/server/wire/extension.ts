import type { z } from '@hono/zod-openapi';

import type { Endpoint } from '../../options/index.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import { optionFields, readOptions } from './option-fields.ts';
import { strictObject } from './validation.ts';

/** The body's `trimtab` object: options by the engine's own names. */
export function extensionField(endpoint: Endpoint) {
  return strictObject(optionFields(endpoint, 'trimtab'))
    .nullish()
    .openapi({ description: 'What Trimtab adds to the OpenAI API.' });
}

/** The engine's options in it: the profile and the context are resolved before. */
export function toExtensionOptions(
  extension: z.output<ReturnType<typeof extensionField>>,
  endpoint: Endpoint,
): Omit<GenerateOptions, 'signal'> {
  const said: { profile?: string; context?: string; contextAs?: string } & GenerateOptions =
    readOptions(extension ?? {}, endpoint, 'trimtab');
  const { profile: _, context: __, contextAs: ___, ...options } = said;
  return options;
}
