import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';

import type { JsonSchema } from '../../src/spec/index.ts';

/**
 * Whether values fit a schema, by ajv and ajv-formats. Multiples are compared to nine digits: ajv
 * divides doubles, by which 0.07 is no multiple of 0.01.
 */
export function createJudge(
  schema: JsonSchema,
  draft: '2020-12' | '7' = '2020-12',
): (value: unknown) => boolean {
  const options = { strict: false, logger: false, multipleOfPrecision: 9 } as const;
  const ajv = draft === '7' ? new Ajv(options) : new Ajv2020(options);
  formats.default(ajv);
  const validate = ajv.compile(schema as object);
  return (value) => validate(value) === true;
}
