import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';

import type { JsonSchema } from '../../src/spec/index.ts';

/** Whether values fit a schema. */
export type SchemaJudge = (schema: JsonSchema) => (value: unknown) => boolean;

/**
 * Judges by ajv and ajv-formats. Multiples are compared to nine digits: ajv divides doubles, by which
 * 0.07 is no multiple of 0.01.
 */
export function createJudge(draft: '2020-12' | '7' = '2020-12'): SchemaJudge {
  const options = {
    strict: false,
    logger: false,
    multipleOfPrecision: 9,
    ownProperties: true,
  } as const;
  const ajv = draft === '7' ? new Ajv(options) : new Ajv2020(options);
  formats.default(ajv);
  return (schema) => {
    const validate = ajv.compile(schema as object);
    if (typeof schema === 'object') ajv.removeSchema(schema);
    return (value) => validate(value) === true;
  };
}
