import { InvalidOptionError } from '../spec/index.ts';

/** How an expert is tuned. */
export interface TuningOptions {
  /** Rank of the adapter. */
  readonly rank?: number;
  /** Times that every conversation is seen; the best of them is taken. */
  readonly epochs?: number;
  /** Learning rate. */
  readonly rate?: number;
  /** Conversations of one step. */
  readonly batch?: number;
  /** Label smoothing, 0 to 1: the share of a target that all tokens have in common. */
  readonly smoothing?: number;
  /** Longest conversation that is learned from, in tokens. */
  readonly maxTokens?: number;
  /**
   * Tune for the composition with the base, `base + strength * (expert - small)`, in place of the expert alone.
   * @see docs/adr/0011-tune-the-expert-inside-the-composition.md
   */
  readonly inside?: boolean;
  /** Of that composition. */
  readonly strength?: number;
  readonly seed?: number;
}

export type TuningSettings = Required<TuningOptions>;

export const tuningDefaults = {
  rank: 16,
  epochs: 3,
  rate: 2e-4,
  batch: 8,
  smoothing: 0.1,
  maxTokens: 1024,
  inside: false,
  strength: 1,
  seed: 0,
} as const satisfies TuningSettings;

const whole = (from: number) => ({
  is: (value: number) => Number.isSafeInteger(value) && value >= from,
  text: `an integer of at least ${from}`,
});

const ranges: Readonly<
  Partial<
    Record<keyof TuningSettings, { readonly is: (value: number) => boolean; readonly text: string }>
  >
> = {
  rank: whole(1),
  epochs: whole(1),
  rate: { is: (value) => value > 0 && value < 1, text: 'a number above 0 and below 1' },
  batch: whole(1),
  smoothing: { is: (value) => value >= 0 && value < 1, text: 'a number from 0, below 1' },
  maxTokens: whole(8),
  strength: { is: (value) => value > 0 && value <= 10, text: 'a number above 0, at most 10' },
  seed: whole(0),
};

/** Those of the options that say how to tune. @throws InvalidOptionError for a setting out of its range. */
export function resolveTuning(options: TuningOptions): TuningSettings {
  const given = Object.entries(options).filter(
    ([name, value]) => Object.hasOwn(tuningDefaults, name) && value !== undefined,
  );
  const settings: TuningSettings = { ...tuningDefaults, ...Object.fromEntries(given) };
  for (const [name, range] of Object.entries(ranges)) {
    const value = settings[name as keyof typeof ranges];
    if (typeof value === 'number' && range.is(value)) continue;
    throw new InvalidOptionError(name, `${name} is ${value}; it must be ${range.text}.`);
  }
  return settings;
}
