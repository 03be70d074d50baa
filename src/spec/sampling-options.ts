import type { OptionReader, OptionRow } from './option-row.ts';

/** Sampling of one request. Ranges and defaults: {@link samplingOptions}. */
export interface SamplingOptions {
  /** 0 is greedy. */
  readonly temperature?: number;
  /** Keep the k most probable; 0 is off. */
  readonly topK?: number;
  /** Keep the smallest set of at least this mass; 1 is off. */
  readonly topP?: number;
  /** Keep tokens of at least this share of the best one's probability; 0 is off. */
  readonly minP?: number;
  /** Locally typical sampling's mass; 1 is off. */
  readonly typicalP?: number;
  /** Divides positive logits of seen tokens, multiplies negative ones; 1 is off. */
  readonly repetitionPenalty?: number;
  /** Subtracted once from the logit of every token already generated; 0 is off. */
  readonly presencePenalty?: number;
  /** Subtracted per occurrence from the logit of every token already generated; 0 is off. */
  readonly frequencyPenalty?: number;
  /** Added to logits, by token id of the base. -100 and less bans. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Seeds the request's own generator; a random seed is drawn and reported when absent. */
  readonly seed?: number;
}

const readers = ['generate'] as const satisfies readonly OptionReader[];

/** Options that a recipe's `sampling` may give too. */
export const samplingOptions = {
  temperature: {
    description: '0 is greedy: always the best token.',
    // Lower ones differ from greedy only between logits closer than float32 tells apart.
    kind: { is: 'number', range: { from: 1e-6, to: 100, also: 0 } },
    default: 1,
    readers,
    wire: { at: 'body', name: 'temperature', isOpenAi: true },
    flags: [{ group: 'sampling', flags: '--temperature <n>' }],
  },
  topK: {
    description: 'Keep the k most probable tokens; 0 is off.',
    kind: { is: 'number', range: { from: 0, to: 2 ** 31 - 1, isInteger: true } },
    default: 0,
    readers,
    wire: { at: 'body', name: 'top_k', zero: -1 }, // as clients of vLLM say it
    flags: [{ group: 'sampling', flags: '--top-k <n>' }],
  },
  topP: {
    description: 'Keep the smallest set of at least this mass; 1 is off.',
    kind: { is: 'number', range: { from: 0, to: 1, isAbove: true } },
    default: 1,
    readers,
    wire: { at: 'body', name: 'top_p', isOpenAi: true },
    flags: [{ group: 'sampling', flags: '--top-p <n>' }],
  },
  minP: {
    description: "Keep tokens of at least this share of the best one's probability; 0 is off.",
    kind: { is: 'number', range: { from: 0, to: 1 } },
    default: 0,
    readers,
    wire: { at: 'body', name: 'min_p' },
    flags: [{ group: 'sampling', flags: '--min-p <n>' }],
  },
  typicalP: {
    description: "Locally typical sampling's mass; 1 is off.",
    kind: { is: 'number', range: { from: 0, to: 1, isAbove: true } },
    default: 1,
    readers,
    wire: { at: 'body', name: 'typical_p' },
    flags: [{ group: 'sampling', flags: '--typical-p <n>' }],
  },
  repetitionPenalty: {
    description: 'Divides positive logits of seen tokens, multiplies negative ones; 1 is off.',
    kind: { is: 'number', range: { from: 0.01, to: 100 } }, // no logit of a model overflows by it
    default: 1,
    readers,
    // As clients of llama-server say it.
    wire: { at: 'body', name: 'repetition_penalty', alias: 'repeat_penalty' },
    flags: [{ group: 'sampling', flags: '--repetition-penalty <n>' }],
  },
  presencePenalty: {
    description: 'Subtracted once from the logit of every token already generated; 0 is off.',
    kind: { is: 'number', range: { from: -2, to: 2 } }, // as in OpenAI's API, like the next
    default: 0,
    readers,
    wire: { at: 'body', name: 'presence_penalty', isOpenAi: true },
    flags: [{ group: 'sampling', flags: '--presence-penalty <n>' }],
  },
  frequencyPenalty: {
    description: 'Subtracted per occurrence from the logit of every token generated; 0 is off.',
    kind: { is: 'number', range: { from: -2, to: 2 } },
    default: 0,
    readers,
    wire: { at: 'body', name: 'frequency_penalty', isOpenAi: true },
    flags: [{ group: 'sampling', flags: '--frequency-penalty <n>' }],
  },
  logitBias: {
    description: "Added to logits, by token id of the base's vocabulary; -100 and less bans.",
    kind: {
      is: 'numbers',
      by: 'token id',
      most: 1024, // applied at every token: what concerns more of them is a constraint's work
      range: { from: -Infinity, to: 100, takesInfinity: true },
    },
    default: {},
    readers,
    wire: { at: 'body', name: 'logit_bias', isOpenAi: true, bounds: { from: -100 } }, // OpenAI's
    flags: [
      {
        group: 'sampling',
        flags: '--logit-bias <id=bias>',
        description: 'added to the logit of a token id; -100 bans it',
      },
    ],
  },
  seed: {
    description: 'Makes sampling repeatable; drawn at random by default.',
    kind: {
      is: 'number',
      range: { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, isInteger: true },
    },
    readers,
    wire: { at: 'body', name: 'seed', isOpenAi: true },
    flags: [{ group: 'sampling', flags: '--seed <n>', description: 'makes sampling repeatable' }],
  },
} as const satisfies Readonly<Record<keyof SamplingOptions, OptionRow>>;
