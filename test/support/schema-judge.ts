import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';

import type { JsonSchema } from '../../src/spec/index.ts';

/** Whether values fit a schema. */
export type SchemaJudge = (schema: JsonSchema) => (value: unknown) => boolean;

/**
 * Judges by ajv and ajv-formats, but multiples in exact decimals: ajv divides doubles, by which 0.07 is
 * no multiple of 0.01.
 */
export function createJudge(draft: '2020-12' | '7' = '2020-12'): SchemaJudge {
  const options = { strict: false, logger: false, ownProperties: true } as const;
  const ajv = draft === '7' ? new Ajv(options) : new Ajv2020(options);
  formats.default(ajv);
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({ keyword: 'multipleOf', type: 'number', validate: isMultiple });
  return (schema) => {
    const validate = ajv.compile(schema as object);
    if (typeof schema === 'object') ajv.removeSchema(schema);
    return (value) => validate(value);
  };
}

function isMultiple(step: number, value: number): boolean {
  return scaled(value) % scaled(step) === 0n;
}

/** Digits after the point that are looked at. */
const scale = 120;

/** The number's shortest decimal times `10^scale`. */
function scaled(value: number): bigint {
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const [whole, fraction = ''] = digits.split('.') as [string, string?];
  return BigInt(whole + fraction) * 10n ** BigInt(scale + Number(exponent) - fraction.length);
}
