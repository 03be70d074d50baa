import type { Constraint } from './constraint.ts';
import type { OptionReader, OptionRow } from './option-row.ts';
import type { Guidance, KlBudget } from './reward.ts';
import { samplingOptions, type SamplingOptions } from './sampling-options.ts';
import type { ParamSchedules } from './schedule.ts';
import type { TokenId } from './tokens.ts';

/** Who waits for an answer: somebody does, nobody in person, or nobody at all. */
export type Priority = 'interactive' | 'background' | 'idle';

/** What was made for a prompt while nobody waited. It changes the speed, and no token. */
export interface PreparedPrompt {
  /**
   * The name of KV states that hold the beginning of the prompt, among those that the engine keeps: 1 to 100 letters,
   * digits, `.`, `_` and `-`. What does not fit is computed.
   */
  readonly state?: string;
  /** Keeps the states of this prompt under that name. */
  readonly saves?: boolean;
  /** Texts that the answer may go on with where it says what is before, in token ids of the base. */
  readonly drafts?: readonly (readonly TokenId[])[];
}

/** What one request asks for. Ranges and defaults: {@link requestOptions}. */
export interface GenerateOptions extends SamplingOptions {
  /** Params of the recipe's formula, e.g. `{ alpha: 0.6 }`, inside their declared ranges. */
  readonly params?: Readonly<Record<string, number>>;
  /**
   * How these params are chosen at each token, in place of the recipe's schedules of them; `null` of a param, or
   * in place of them all: its value at every token.
   */
  readonly schedules?: ParamSchedules | null;
  /** Answer with one of the recipe's models alone instead of the formula: no rewards, no KL budget. */
  readonly only?: string;
  /**
   * Weights of the recipe's rewards by name, in place of its own; 0 turns one off. The param
   * `rewardWeight` multiplies them all: at 0 the answer is exactly that of the recipe without rewards.
   */
  readonly rewards?: Readonly<Record<string, number>>;
  /** How the rewards act, in place of the recipe's way. */
  readonly guidance?: Guidance;
  /** Values of the whole answer under these of the recipe's rewards, beside those that guide it. */
  readonly reportRewards?: readonly string[];
  /** How far the answer may leave the base, in place of the recipe's budget; `null` is no limit. */
  readonly klBudget?: KlBudget | null;
  /** What the answer must be, in place of the recipe's constraint; `null` is anything. */
  readonly constraint?: Constraint | null;
  /**
   * Who drafts tokens that are then checked at once, which changes the speed and no token: `auto`, `off`, `copies`
   * or a model of the recipe, with settings behind a colon: `tuned:length=4`. See docs/speculation.md.
   */
  readonly speculation?: string;
  /** What was made for the prompt while nobody waited. */
  readonly prepared?: PreparedPrompt;
  /** Tokens to generate at most; the rest of the context by default. */
  readonly maxTokens?: number;
  /**
   * Tokens before which no end is chosen and no stop string is looked for. A constraint that leaves
   * nothing but the end is kept to all the same.
   */
  readonly minTokens?: number;
  /** The answer ends before the first of these; not part of the text. */
  readonly stop?: string | readonly string[];
  /** Report each token's log-prob under the composed distribution. */
  readonly logprobs?: boolean;
  /** Most probable alternatives reported per token; implies `logprobs`. */
  readonly topLogprobs?: number;
  /**
   * Report each token's log-probs over the whole vocabulary, `[vocabSize]`; implies `logprobs`. For programs in
   * the same machine: a row is four bytes a token of the vocabulary, and is not sent over HTTP.
   */
  readonly allLogprobs?: boolean;
  /** Explain every token: see {@link TokenTrace}; implies `logprobs`. */
  readonly trace?: boolean;
  /** Whose prompt it is: computed prefixes are shared only within one owner. */
  readonly owner?: string;
  /**
   * Which of the owner's requests it is part of: the engine's room is shared among owners, and within
   * an owner among requests, whatever number of answers they have. By default each call is its own.
   */
  readonly request?: string;
  /**
   * Background work has what is left of the engine's room; idle work goes on while nothing else is there, and stops within
   * one token; `interactive`, people who wait, by default.
   */
  readonly priority?: Priority;
  /** Ends the generation within one token; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const generate = ['generate'] as const satisfies readonly OptionReader[];
const both = ['generate', 'score'] as const satisfies readonly OptionReader[];

/** Longest name of a param or a reward. */
const name = 64;

const finite = { from: -Infinity, to: Infinity };

/** Logits are some tens: weights beyond this are mistakes. */
const weight = { from: -1000, to: 1000 };

const nats = { from: 0, to: Infinity };

const candidates = {
  description: 'how many tokens the rewards choose among',
  range: { from: 1, to: 256, isInteger: true },
  default: 10, // ARGS's
} as const;

/**
 * Every request option: {@link GenerateOptions}, and `profile`, `context` and `contextAs`, which those resolve who keep them.
 * What takes, checks, shows or documents options reads them here.
 */
export const requestOptions = {
  ...samplingOptions,
  only: {
    description: "Answer with one of the recipe's models alone.",
    kind: { is: 'text', longest: 512 },
    readers: both,
    wire: null, // `model` names it: `recipe/model`
    flags: [{ group: 'run', flags: '--only <model>' }],
  },
  rewards: {
    description: 'Weights of the recipe\'s rewards, e.g. {"brief": 2}; 0 is off.',
    kind: { is: 'numbers', by: 'name', longest: name, range: weight },
    readers: generate,
    wire: { at: 'trimtab', name: 'rewards' },
    flags: [
      { group: 'rewards', flags: '--reward <name=weight>', description: 'weight of a reward' },
    ],
  },
  params: {
    description: 'Params of the recipe\'s formula, e.g. {"alpha": 0.6}.',
    kind: { is: 'numbers', by: 'name', longest: name, range: finite },
    readers: both,
    wire: { at: 'trimtab', name: 'params' },
    flags: [
      {
        group: 'params',
        flags: '--param <name=value>',
        description: "a param of the recipe's formula, e.g. alpha=0.6",
      },
      {
        group: 'rewards',
        flags: '--reward-weight <w>',
        field: 'rewardWeight',
        description: 'multiplies all weights; 0 is without rewards',
      },
    ],
  },
  schedules: {
    description:
      'How params are chosen at each token, e.g. {"alpha": {"match": "kl", "junctions": 1}}; null is as they are.',
    kind: {
      is: 'schedules',
      longest: name,
      match: ['kl'],
      junctions: {
        description: 'Nats of entropy of the base below which the param is 0.',
        range: nats,
        default: 1,
      },
    },
    isNullable: true,
    readers: both,
    wire: { at: 'trimtab', name: 'schedules' },
    flags: [
      {
        group: 'schedules',
        flags: '--schedule <param=how>',
        description:
          'choose a param at each token: alpha=match:kl, alpha=junctions or junctions:0.5 (nats), both with a comma, none',
      },
      {
        group: 'schedules',
        flags: '--no-schedule',
        description: 'each param as it is, at every token',
      },
    ],
  },
  guidance: {
    description: "How the rewards act. Default: the recipe's way.",
    kind: {
      is: 'method',
      methods: {
        args: { candidates },
        rad: { candidates },
        // CARDS's entropy and temperature. Its threshold is one deviation above the mean of rewards that
        // are normalised on the base's answers.
        segments: {
          entropy: {
            description: 'nats of entropy of the next token at which a segment ends',
            range: { from: 0, to: 100 },
            default: 3,
          },
          threshold: {
            description: 'the reward that is accepted for certain',
            range: finite,
            default: 1,
          },
          beta: {
            description: 'how gently what is below the threshold is refused',
            range: { from: 0, to: Infinity, isAbove: true },
            default: 0.7,
          },
          maxTokens: {
            description: 'tokens of one segment at most',
            range: { from: 1, to: 4096, isInteger: true },
            default: 32,
          },
          maxTries: {
            description: 'samples of one segment, of which the best is then taken',
            range: { from: 1, to: 256, isInteger: true },
            default: 8,
          },
        },
        'best-of': {
          n: {
            description: 'whole answers',
            range: { from: 1, to: 64, isInteger: true },
            default: 8,
          },
        },
      },
    },
    readers: generate,
    wire: { at: 'trimtab', name: 'guidance' },
    flags: [
      {
        group: 'rewards',
        flags: '--guidance <method>',
        description:
          'args, rad, segments or best-of, with settings: best-of:n=16, args:candidates=20',
      },
    ],
  },
  klBudget: {
    description: 'How far the answer may leave the base, in nats; null is no limit.',
    kind: {
      is: 'fields',
      fields: {
        perToken: { description: 'Nats of KL(steered ‖ base) at each token.', range: nats },
        perAnswer: { description: 'Nats over the tokens of one answer.', range: nats },
      },
    },
    isNullable: true,
    readers: generate,
    wire: { at: 'trimtab', name: 'klBudget' },
    flags: [
      {
        group: 'rewards',
        flags: '--kl-budget <nats>',
        field: 'perToken',
        description: 'how far each token may leave the base',
      },
      {
        group: 'rewards',
        flags: '--kl-budget-answer <nats>',
        field: 'perAnswer',
        description: 'how far a whole answer may',
      },
      { group: 'rewards', flags: '--no-kl-budget', description: 'as far as it is steered' },
    ],
  },
  reportRewards: {
    description: 'Rewards to judge the whole answer by, beside those that guide it.',
    kind: { is: 'names', most: 64, longest: name },
    readers: generate,
    wire: { at: 'trimtab', name: 'reportRewards' },
    flags: [
      {
        group: 'rewards',
        flags: '--report <name>',
        description: "judge the answer by one of the recipe's rewards",
      },
    ],
  },
  constraint: {
    description: 'What the answer must be; null is anything.',
    kind: { is: 'constraint' },
    isNullable: true,
    readers: generate,
    wire: null, // ways of many clients: see the server's fields of constraints
    flags: [
      {
        group: 'constraint',
        flags: '--schema <file|json>',
        field: 'jsonSchema',
        description: 'JSON that a JSON schema accepts',
      },
      {
        group: 'constraint',
        flags: '--regex <expression>',
        field: 'regex',
        description: 'a text that the regular expression matches as a whole',
      },
      {
        group: 'constraint',
        flags: '--grammar <file>',
        field: 'grammar',
        description: 'a text of a grammar in GBNF',
      },
      {
        group: 'constraint',
        flags: '--choice <text>',
        field: 'choice',
        description: 'one of these texts',
        isRepeatable: true,
      },
      {
        group: 'constraint',
        flags: '--no-constraint',
        description: 'anything, whatever the recipe asks for',
      },
    ],
  },
  speculation: {
    description: 'Who drafts tokens that are then checked at once: auto, off, copies, or a model.',
    kind: { is: 'text', longest: 128 },
    default: 'auto',
    readers: generate,
    wire: { at: 'trimtab', name: 'speculation' },
    flags: [
      {
        group: 'answer',
        flags: '--speculation <drafter>',
        description: 'who drafts: auto, off, copies or a model, e.g. tuned:length=4',
      },
    ],
  },
  prepared: {
    description: 'What was made for the prompt while nobody waited.',
    kind: { is: 'prepared', mostTokens: 2 ** 14 },
    readers: generate,
    wire: null, // of a stored context, which the server keeps
    flags: [],
  },
  maxTokens: {
    description: 'Tokens to answer with at most.',
    kind: { is: 'number', range: { from: 1, to: Number.MAX_SAFE_INTEGER, isInteger: true } },
    readers: generate,
    wire: { at: 'body', name: 'max_tokens', isOpenAi: true },
    flags: [{ group: 'answer', flags: '--max-tokens <n>' }],
  },
  minTokens: {
    description: 'Tokens before which no end is chosen and no stop string is looked for.',
    kind: { is: 'number', range: { from: 0, to: Number.MAX_SAFE_INTEGER, isInteger: true } },
    default: 0,
    readers: generate,
    wire: { at: 'body', name: 'min_tokens' },
    flags: [{ group: 'answer', flags: '--min-tokens <n>' }],
  },
  stop: {
    description: 'The answer ends before the first of these texts.',
    kind: { is: 'texts', most: 16, longest: 256 }, // what is held back, and the work per character
    readers: generate,
    wire: { at: 'body', name: 'stop', isOpenAi: true },
    flags: [
      { group: 'answer', flags: '--stop <text>', description: 'the answer ends before this text' },
    ],
  },
  logprobs: {
    description: "Report each token's log-prob under the composed distribution.",
    kind: { is: 'boolean' },
    default: false,
    readers: generate,
    wire: { at: 'body', name: 'logprobs', of: 'chat' },
    flags: [
      {
        group: 'run',
        flags: '--logprobs',
        description: "with --json, each token's log-prob under the composed distribution",
      },
    ],
  },
  topLogprobs: {
    description: 'Most probable alternatives reported per token.',
    kind: { is: 'number', range: { from: 0, to: 1000, isInteger: true } }, // sorted at every token
    default: 0,
    readers: both,
    wire: { at: 'body', name: 'top_logprobs', of: 'chat' },
    flags: [
      {
        group: 'run',
        flags: '--top-logprobs <n>',
        description: 'with --json, the most probable alternatives of each token',
      },
    ],
  },
  allLogprobs: {
    description: "Each token's log-probs over the whole vocabulary.",
    kind: { is: 'boolean' },
    default: false,
    readers: both,
    wire: null,
    flags: [],
  },
  trace: {
    description: 'Explain every token.',
    kind: { is: 'boolean' },
    default: false,
    readers: generate,
    wire: { at: 'trimtab', name: 'trace' },
    flags: [
      {
        group: 'run',
        flags: '--trace',
        description: 'show on stderr why every token was chosen; with --json in the result',
      },
    ],
  },
  owner: {
    description: 'Whose prompt it is: computed prefixes are shared only within one owner.',
    kind: { is: 'text', longest: Infinity },
    readers: both,
    wire: null, // the key says whose it is
    flags: [],
  },
  request: {
    description: "Which of the owner's requests it is part of.",
    kind: { is: 'text', longest: Infinity },
    readers: both,
    wire: null,
    flags: [],
  },
  priority: {
    description:
      "Background work has what is left of the engine's room; idle work goes on while nothing else is there.",
    kind: { is: 'choice', of: ['interactive', 'background', 'idle'] },
    default: 'interactive',
    readers: both,
    wire: null,
    flags: [],
  },
  signal: {
    description: 'Ends the generation within one token.',
    kind: { is: 'signal' },
    readers: both,
    wire: null,
    flags: [],
  },
  profile: {
    description: 'The id of a reward profile of this key: whom the answer is for.',
    kind: { is: 'text', longest: 128 },
    readers: ['profile'],
    wire: { at: 'trimtab', name: 'profile' },
    flags: [
      {
        group: 'profile',
        flags: '--profile <user>',
        description: 'answer in the manner that this user likes: see `trimtab profile`',
      },
    ],
  },
  context: {
    description: 'The id of a stored context of this key: its text stands before the messages.',
    kind: { is: 'text', longest: 128 },
    readers: ['context'],
    wire: { at: 'trimtab', name: 'context', of: 'chat' },
    flags: [],
  },
  contextAs: {
    description:
      'What the answer sees of the context: its text, which is the default, the notes of it, or both.',
    kind: { is: 'choice', of: ['text', 'notes', 'both'] },
    readers: ['context'],
    wire: { at: 'trimtab', name: 'contextAs', of: 'chat' },
    flags: [],
  },
} as const satisfies Readonly<
  Record<keyof GenerateOptions | 'profile' | 'context' | 'contextAs', OptionRow>
>;
