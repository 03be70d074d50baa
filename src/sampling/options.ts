import { checkOption } from '../options/index.ts';
import { samplingOptions, type SamplingOptions, type TokenId } from '../spec/index.ts';

type Rows = Omit<typeof samplingOptions, 'seed'>;

/** Defaults of {@link SamplingOptions}: the composed distribution as it is. */
export const samplingDefaults = Object.fromEntries(
  Object.entries(samplingOptions).flatMap(([name, row]) =>
    'default' in row ? [[name, row.default]] : [],
  ),
) as { readonly [Name in keyof Rows]: Rows[Name]['default'] };

/** One token's bias, added to its logit; `-Infinity` bans it. */
export interface LogitBias {
  readonly tokenId: TokenId;
  readonly bias: number;
}

/** {@link SamplingOptions}, checked and complete; meanings are given there. */
export interface ResolvedSampling extends Readonly<Record<NumericOption, number>> {
  /** Ascending token ids. */
  readonly logitBias: readonly LogitBias[];
  /** `undefined` where the caller is to draw one. */
  readonly seed: number | undefined;
}

type NumericOption = Exclude<keyof typeof samplingDefaults, 'logitBias'>;

const numericOptions = Object.keys(samplingDefaults).filter(
  (name) => name !== 'logitBias',
) as readonly NumericOption[];

/** What is there or below is a ban, as in OpenAI's API. */
const banningBias = -100;

/**
 * Checks the options and fills in what is missing: from `defaults` (a recipe's), else from
 * {@link samplingDefaults}. A `logitBias` replaces the default's as a whole.
 * @throws InvalidOptionError naming the option, its value and its range.
 */
export function resolveSampling(
  options: SamplingOptions,
  defaults: SamplingOptions = samplingDefaults,
): ResolvedSampling {
  const pick = <Name extends keyof typeof samplingOptions>(option: Name) => {
    const value = options[option] ?? defaults[option];
    checkOption(option, value);
    return value;
  };
  const numbers = numericOptions.map((name) => [name, pick(name) ?? samplingDefaults[name]]);
  return {
    ...(Object.fromEntries(numbers) as Record<NumericOption, number>),
    logitBias: toBiases(pick('logitBias') ?? {}),
    seed: pick('seed'),
  };
}

function toBiases(biases: Readonly<Record<number, number>>): LogitBias[] {
  return Object.entries(biases)
    .map(([key, value]) => ({
      tokenId: Number(key),
      bias: value <= banningBias ? -Infinity : value,
    }))
    .toSorted((a, b) => a.tokenId - b.tokenId);
}
