import { z } from 'zod';

import { methodFields, rangeSchema } from '../options/index.ts';
import { requestOptions, samplingOptions, type NumberField } from '../spec/index.ts';

// What a recipe says of request options. Editors are told the ranges; they are checked where the values are
// resolved, by the same words as those of requests.

type Rows = typeof samplingOptions;

type SamplingShape = {
  [Name in keyof Rows]: z.ZodOptional<
    Rows[Name]['kind'] extends { readonly is: 'number' }
      ? z.ZodNumber
      : z.ZodRecord<z.ZodString, z.ZodNumber>
  >;
};

const tokenId = z.string().regex(/^\d+$/, 'a token id is a whole number from 0');

/** `sampling:` */
export const samplingSchema = z
  .strictObject(
    mapValues(samplingOptions, ({ description, kind: { is, range } }) =>
      is === 'number'
        ? numberSchema({ description, range })
        : z.record(tokenId, z.number()).optional().describe(description),
    ) as SamplingShape,
  )
  .describe('Defaults of the sampling options; a request may change each.');

/** `klBudget:` */
export const klBudgetSchema = z
  .strictObject(numbers(requestOptions.klBudget.kind.fields))
  .describe(
    'How far an answer may leave the base: the whole shift, formula and rewards, is scaled down to fit.',
  );

const schedules = requestOptions.schedules.kind;

/** `schedule:` of a param. */
export const scheduleSchema = z
  .strictObject({
    match: z
      .enum(schedules.match)
      .optional()
      .describe(
        "'kl': at each token, as much of the param as leads the base as far, in KL, as the expert is from the anti-expert.",
      ),
    junctions: z
      .union([z.literal(true), numberSchema(schedules.junctions).unwrap()])
      .optional()
      .describe(`${schedules.junctions.description} true is ${schedules.junctions.default}.`),
  })
  .describe('How the param is chosen at each token; its value is the most it can be.');

const { kind } = requestOptions.guidance;

type Method = keyof typeof kind.methods;

/** `guidance:` */
export const guidanceSchema = z
  .strictObject({
    method: z
      .enum(Object.keys(kind.methods) as [Method, ...Method[]])
      .describe(
        "'args' (the default): add the rewards to the best candidates' logits at every token; 'rad': the " +
          "same with each reward clamped to [0, 1]; 'segments': sample segments again until a reward " +
          "accepts one; 'best-of': the best of several whole answers.",
      ),
    ...numbers(methodFields(kind)),
  })
  .describe('How the rewards act on an answer.');

function numbers<Name extends string>(
  fields: Readonly<Record<Name, NumberField>>,
): Record<Name, z.ZodOptional<z.ZodNumber>> {
  return mapValues(fields, numberSchema);
}

function numberSchema({ description, range }: NumberField): z.ZodOptional<z.ZodNumber> {
  return z
    .number()
    .optional()
    .meta({ description, ...rangeSchema(range) });
}

function mapValues<Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  map: (value: From) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(record).map(([name, value]) => [name, map(value)]);
  return Object.fromEntries(entries) as Record<Name, To>;
}
