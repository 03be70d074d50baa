import { InvalidOptionError, type SamplingOptions, type TokenId } from '../spec/index.ts';

/** Defaults of {@link SamplingOptions}: the composed distribution as it is. */
export const samplingDefaults = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: {},
} as const satisfies SamplingOptions;

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

interface Range {
  readonly from: number;
  readonly to: number;
  /** Whether `from` itself is out of range. */
  readonly above?: true;
  readonly integer?: true;
}

const ranges: Readonly<Record<NumericOption, Range>> = {
  temperature: { from: 0, to: 100 },
  topK: { from: 0, to: 2 ** 31 - 1, integer: true },
  topP: { from: 0, to: 1, above: true },
  minP: { from: 0, to: 1 },
  typicalP: { from: 0, to: 1, above: true },
  repetitionPenalty: { from: 0.01, to: 100 }, // no logit of a model overflows by them
  presencePenalty: { from: -2, to: 2 }, // as in OpenAI's API, like the next
  frequencyPenalty: { from: -2, to: 2 },
};

/** Lower ones differ from greedy only between logits closer than float32 tells apart. */
const LEAST_TEMPERATURE = 1e-6;

/** OpenAI's range; what is at its lower end or below is a ban. */
const LARGEST_BIAS = 100;

/** Biases are applied at every token: what concerns more tokens is a constraint's work. */
const MOST_BIASES = 1024;

/**
 * Checks the options and fills in what is missing: from `defaults` (a recipe's), else from
 * {@link samplingDefaults}. A `logitBias` replaces the default's as a whole.
 * @throws InvalidOptionError naming the option, its value and its range.
 */
export function resolveSampling(
  options: SamplingOptions,
  defaults: SamplingOptions = samplingDefaults,
): ResolvedSampling {
  const pick = (option: NumericOption): number =>
    inRange(option, options[option] ?? defaults[option] ?? samplingDefaults[option]);
  return {
    temperature: notTooCold(pick('temperature')),
    topK: pick('topK'),
    topP: pick('topP'),
    minP: pick('minP'),
    typicalP: pick('typicalP'),
    repetitionPenalty: pick('repetitionPenalty'),
    presencePenalty: pick('presencePenalty'),
    frequencyPenalty: pick('frequencyPenalty'),
    logitBias: resolveLogitBias(options.logitBias ?? defaults.logitBias ?? {}),
    seed: resolveSeed(options.seed ?? defaults.seed),
  };
}

function inRange(option: NumericOption, value: number): number {
  const { from, to, above, integer } = ranges[option];
  const inside = (above ? value > from : value >= from) && value <= to;
  if (typeof value === 'number' && inside && (!integer || Number.isInteger(value))) return value;
  throw new InvalidOptionError(
    option,
    `${option} must be ${integer ? 'an integer' : 'a number'} ` +
      `${above ? `above ${from} and at most` : `from ${from} to`} ${to}, not ${String(value)}.`,
  );
}

function notTooCold(temperature: number): number {
  if (temperature === 0 || temperature >= LEAST_TEMPERATURE) return temperature;
  throw new InvalidOptionError(
    'temperature',
    `temperature must be 0 (greedy) or at least ${LEAST_TEMPERATURE}, not ${temperature}.`,
  );
}

function resolveLogitBias(biases: Readonly<Record<number, number>>): LogitBias[] {
  const entries = Object.entries(biases);
  if (entries.length > MOST_BIASES) {
    throw new InvalidOptionError(
      'logitBias',
      `logitBias may name at most ${MOST_BIASES} tokens, not ${entries.length}: ` +
        'a constraint can allow or ban any number.',
    );
  }
  return entries
    .map(([key, value]) => resolveBias(key, value))
    .toSorted((a, b) => a.tokenId - b.tokenId);
}

function resolveBias(key: string, value: number): LogitBias {
  const option = `logitBias.${key}`;
  if (!/^\d{1,10}$/.test(key)) {
    throw new InvalidOptionError(option, `logitBias is keyed by token id, which "${key}" is not.`);
  }
  if (typeof value !== 'number' || !(value <= LARGEST_BIAS)) {
    throw new InvalidOptionError(
      option,
      `${option} must be a number of at most ${LARGEST_BIAS}, ` +
        `${-LARGEST_BIAS} and less banning the token, not ${String(value)}.`,
    );
  }
  return { tokenId: Number(key), bias: value <= -LARGEST_BIAS ? -Infinity : value };
}

function resolveSeed(seed: number | undefined): number | undefined {
  if (seed === undefined || Number.isSafeInteger(seed)) return seed;
  throw new InvalidOptionError(
    'seed',
    `seed must be an integer from −(2^53 − 1) to 2^53 − 1, not ${String(seed)}.`,
  );
}
