import { z } from '@hono/zod-openapi';

import { resolveStopStrings } from '../../prompt/index.ts';
import { resolveSampling } from '../../sampling/index.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import {
  constraintFields,
  toConstraintOption,
  type RequestedConstraint,
} from './constraint-fields.ts';
import { extensionField, toExtensionOptions } from './extension.ts';
import { boundedArray, namedNumbers, oneOf, strictObject } from './validation.ts';

/** As many as the sampler takes. */
const mostBiases = 1024;

const number = z.number().nullish();

const logitBias = namedNumbers({
  name: (key) => (/^\d{1,10}$/.test(key) ? undefined : 'is not a token id.'),
  most: mostBiases,
  min: -100,
  max: 100,
});

/** Parameters of chats and completions that say how tokens are chosen. Ranges: `sampling/`. */
const samplingFields = {
  temperature: number.openapi({ description: "0 is greedy. Default: the recipe's." }),
  top_p: number,
  top_k: number,
  min_p: number,
  typical_p: number,
  repetition_penalty: number,
  presence_penalty: number,
  frequency_penalty: number,
  logit_bias: logitBias.nullish(),
  repeat_penalty: number.openapi({ description: '`repetition_penalty`, as llama-server says it.' }),
  min_tokens: z.int().min(0).nullish(),
  seed: z
    .int({ error: 'must be an integer from −(2^53 − 1) to 2^53 − 1, as far as JSON is exact.' })
    .nullish(),
  stop: z
    .union([z.string(), boundedArray(z.string(), 16)], 'must be a string or an array of strings.')
    .nullish(),
};

/** Parameters that chats and completions share and the engine honours. */
export const generationFields = {
  ...samplingFields,
  ...constraintFields,
  trimtab: extensionField,
};

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

const generationShape = z.object(generationFields);

export type GenerationBody = z.output<typeof generationShape>;

/** The engine's options; those of sampling are checked. @throws InvalidOptionError */
export function toGenerateOptions(
  body: GenerationBody,
  requested: RequestedConstraint | undefined,
): Omit<GenerateOptions, 'signal'> {
  const options = withoutAbsent({
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k === -1 ? 0 : body.top_k, // off, as vLLM's clients say it
    minP: body.min_p,
    typicalP: body.typical_p,
    repetitionPenalty: oneOf(body, 'repetition_penalty', 'repeat_penalty'),
    presencePenalty: body.presence_penalty,
    frequencyPenalty: body.frequency_penalty,
    logitBias: body.logit_bias,
    minTokens: body.min_tokens,
    seed: body.seed,
    stop: body.stop,
  });
  resolveSampling(options);
  resolveStopStrings(options.stop);
  return {
    ...options,
    ...toExtensionOptions(body.trimtab),
    ...toConstraintOption(body, requested),
  };
}

type Present<Options> = { [Key in keyof Options]?: NonNullable<Options[Key]> };

function withoutAbsent<Options extends object>(options: Options): Present<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value != null),
  ) as Present<Options>;
}
