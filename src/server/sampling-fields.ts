import { z } from '@hono/zod-openapi';

import { resolveStopStrings } from '../prompt/index.ts';
import { resolveSampling } from '../sampling/index.ts';
import type { GenerateOptions } from '../spec/index.ts';
import { boundedArray, strictObject } from './validation.ts';
import { refusedFields, refusedOfExtension } from './parameters.ts';

/** As many as the sampler takes. */
const mostBiases = 1024;

const number = z.number().nullish();

const logitBias = z
  .custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object of token ids and biases.',
  )
  .refine(
    (value) => Object.keys(value).length <= mostBiases,
    `may name at most ${mostBiases} tokens.`,
  )
  .pipe(z.record(z.string().regex(/^\d{1,10}$/), z.number().min(-100).max(100)))
  .openapi({ type: 'object', additionalProperties: { type: 'number' } });

/** Parameters of chats and completions that say how tokens are chosen. Ranges: `sampling/`. */
export const samplingFields = {
  temperature: number.openapi({ description: "0 is greedy. Default: the recipe's." }),
  top_p: number,
  top_k: number,
  min_p: number,
  typical_p: number,
  repetition_penalty: number,
  presence_penalty: number,
  frequency_penalty: number,
  logit_bias: logitBias.nullish(),
  seed: z.int().nullish(),
  stop: z
    .union([z.string(), boundedArray(z.string(), 16)], 'must be a string or an array of strings.')
    .nullish(),
};

/** The body's `trimtab` object. */
export const extensionField = strictObject({
  params: z
    .record(z.string().max(64), z.number())
    .optional()
    .openapi({ description: 'Params of the recipe\'s formula, e.g. {"alpha": 0.6}.' }),
  trace: z.boolean().optional().openapi({ description: 'Explain every token.' }),
  ...refusedFields(refusedOfExtension),
})
  .nullish()
  .openapi({ description: 'What Trimtab adds to the OpenAI API.' });

export const streamOptionsField = strictObject({
  include_usage: z.boolean().nullish(),
  include_obfuscation: z.boolean().nullish().openapi({ description: 'Without effect.' }),
}).nullish();

const samplingShape = z.object({ ...samplingFields, trimtab: extensionField });

export type SamplingBody = z.output<typeof samplingShape>;

/** The engine's options, checked. @throws InvalidOptionError */
export function toGenerateOptions(body: SamplingBody): Omit<GenerateOptions, 'signal'> {
  const options = withoutAbsent({
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    minP: body.min_p,
    typicalP: body.typical_p,
    repetitionPenalty: body.repetition_penalty,
    presencePenalty: body.presence_penalty,
    frequencyPenalty: body.frequency_penalty,
    logitBias: body.logit_bias,
    seed: body.seed,
    stop: body.stop,
    params: body.trimtab?.params,
    trace: body.trimtab?.trace,
  });
  resolveSampling(options);
  resolveStopStrings(options.stop);
  return options;
}

type Present<Options> = { [Key in keyof Options]?: NonNullable<Options[Key]> };

function withoutAbsent<Options extends object>(options: Options): Present<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value != null),
  ) as Present<Options>;
}
