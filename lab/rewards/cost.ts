import {
  resolveRecipe,
  LoadedRecipe,
  type GenerateOptions,
  type Guidance,
  type ModelContext,
  type Recipe,
} from '../../src/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import {
  interleave,
  median,
  processorSince,
  ratioOf,
  showRatio,
  type Summary,
} from '../shared/measure.ts';
import { createBare, plainTokens, type StepCost } from './bare.ts';
import { costFiles, type CostFiles } from './cost-files.ts';
import { showMarkdown } from './report.ts';

export interface CostOptions {
  readonly isQuick: boolean;
  readonly onProgress: (text: string) => void;
}

/** One comparison of steps, by the clock and by the processor's. */
export interface Comparison {
  readonly name: string;
  readonly elapsed: Summary;
  readonly processor: Summary;
}

export interface CostResults {
  readonly rounds: number;
  readonly steps: number;
  readonly comparisons: readonly Comparison[];
  /** What a KL budget adds to a proxied token, milliseconds of processor time, by vocabulary. */
  readonly klBudgetMs: Readonly<Record<number, Summary>>;
  /** What each step takes, for orientation only: it is the machine's, at that moment. */
  readonly stepMs: Readonly<Record<string, number>>;
}

const candidates = 10;
const promptTokens = 16;
/** Of candidate forks compared with single steps. */
const prefixTokens = 100;
/** The end of a text in a synthetic vocabulary. */
const endToken = 256;

/** What a JSON value costs that has strings, numbers, lists and choices. */
const schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 20 },
      age: { type: 'integer', minimum: 0, maximum: 150 },
      tags: { type: 'array', items: { enum: ['red', 'green', 'blue'] } },
      note: { type: 'string' },
    },
    required: ['name', 'age', 'tags', 'note'],
    additionalProperties: false,
  },
  minItems: 1,
};

export async function measureCost({ isQuick, onProgress }: CostOptions): Promise<CostResults> {
  const rounds = isQuick ? 3 : 15;
  const steps = 64;
  const shared = { rounds, steps, onProgress };
  const files = await costFiles(32_000, onProgress);
  const small = await measureSteps(files, shared);
  const large = await measureBudget(await costFiles(128_256, onProgress), shared);
  return { ...small, klBudgetMs: { 32_000: small.klBudgetMs, 128_256: large } };
}

interface StepOptions {
  readonly rounds: number;
  readonly steps: number;
  readonly onProgress: (text: string) => void;
}

const plain: GenerateOptions = { params: { alpha: 0 } };
const proxied: GenerateOptions = { params: { alpha: 1 } };
const sampled: GenerateOptions = { ...plain, temperature: 1, seed: 1 };
const args: Guidance = { method: 'args', candidates };

async function measureSteps(files: CostFiles, { rounds, steps, onProgress }: StepOptions) {
  const contexts: ModelContext[] = [];
  await using trimtab = await LoadedRecipe.load(costRecipe(files), { loader: capture(contexts) });
  const step = (options: GenerateOptions) => () => composedStep(trimtab, steps, options);
  const [base, expert, antiExpert, , forked] = contexts as [
    ModelContext,
    ModelContext,
    ModelContext,
    ModelContext,
    ModelContext,
  ];
  const forks = { context: forked, candidates };
  const usual = { prefixTokens: promptTokens, steps };
  const bareBase = await createBare({ ...usual, models: [base] });
  const bareArgs = await createBare({
    ...usual,
    models: [base, expert, antiExpert],
    forked: forks,
  });
  const behind = { prefixTokens, steps };
  const tenForks = await createBare({ ...behind, models: [], forked: forks });
  const oneToken = await createBare({ ...behind, models: [forked] });
  const cost = await interleave(
    {
      'bare base': bareBase,
      plain: step(plain),
      'bare args': bareArgs,
      args: step({ ...proxied, rewards: { scalar: 1 }, guidance: args }),
      proxied: step(proxied),
      'proxied, KL budget': step({ ...proxied, klBudget: { perToken: 0.5 } }),
      'one call': step({ ...plain, rewards: { next: 1 }, guidance: args }),
      'ten forks': tenForks,
      'one token': oneToken,
      free: step(sampled),
      constrained: step({ ...sampled, constraint: { jsonSchema: schema } }),
    },
    { rounds, onRound: (done, of) => onProgress(`vocabulary 32,000: round ${done} of ${of}`) },
  );
  type Name = keyof typeof cost;
  const compare = (name: string, above: Name, below: Name): Comparison => ({
    name,
    elapsed: ratioOf(elapsed(cost[above]), elapsed(cost[below])),
    processor: ratioOf(processor(cost[above]), processor(cost[below])),
  });
  return {
    rounds,
    steps,
    comparisons: [
      compare('plain step / its bare forward', 'plain', 'bare base'),
      compare(`ARGS step, k = ${candidates} / its bare forwards`, 'args', 'bare args'),
      compare(`ARGS step, k = ${candidates} / proxied step`, 'args', 'proxied'),
      compare('step with a one-call reward model / plain step', 'one call', 'plain'),
      compare(
        'ten candidate forks / one single step of the reward model',
        'ten forks',
        'one token',
      ),
      compare('constrained token / free token', 'constrained', 'free'),
      compare('proxied step with a KL budget / without', 'proxied, KL budget', 'proxied'),
    ],
    klBudgetMs: differenceOf(cost['proxied, KL budget'], cost.proxied),
    stepMs: Object.fromEntries(
      Object.entries(cost).map(([name, costs]) => [name, median(elapsed(costs))]),
    ),
  };
}

/** What a KL budget adds where rows are longest. */
async function measureBudget(
  files: CostFiles,
  { rounds, steps, onProgress }: StepOptions,
): Promise<Summary> {
  await using trimtab = await LoadedRecipe.load(costRecipe(files));
  const cost = await interleave(
    {
      proxied: () => composedStep(trimtab, steps, proxied),
      limited: () => composedStep(trimtab, steps, { ...proxied, klBudget: { perToken: 0.5 } }),
    },
    { rounds, onRound: (done, of) => onProgress(`vocabulary 128,256: round ${done} of ${of}`) },
  );
  return differenceOf(cost.limited, cost.proxied);
}

function costRecipe({ base, expert, antiExpert, reward }: CostFiles): Recipe {
  const raw = (file: string) => ({ file, prompt: 'raw' as const });
  return resolveRecipe(
    {
      name: 'cost',
      models: {
        base: raw(base),
        expert: raw(expert),
        antiExpert: raw(antiExpert),
        reward: raw(reward),
      },
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      rewards: {
        scalar: { model: 'reward', scope: 'both', weight: 0 },
        next: { nextToken: 'reward', weight: 0 },
      },
      guidance: { method: 'args', candidates },
      sampling: { temperature: 0 },
      engine: { maxSequences: 4, threads: 1, contextLength: 512 },
    },
    { directory: '/' },
  );
}

/** Keeps hold of the contexts that the engine makes: those of rows in the recipe's order, then forks. */
function capture(contexts: ModelContext[]): typeof loadModel {
  return async (...given) => {
    const model = await loadModel(...given);
    const createContext = model.createContext.bind(model);
    model.createContext = async (options) => {
      const context = await createContext(options);
      contexts.push(context);
      return context;
    };
    return model;
  };
}

/** Of one answer of random models, none of which ends by itself. */
async function composedStep(
  trimtab: LoadedRecipe,
  steps: number,
  options: GenerateOptions,
): Promise<StepCost> {
  const start = process.cpuUsage();
  const { tokens, timings } = await trimtab.generate(
    { tokens: plainTokens(promptTokens) },
    { maxTokens: steps + 1, logitBias: { [endToken]: -100 }, ...options },
  );
  return {
    elapsed: timings.decodeMs / (tokens.length - 1),
    processor: processorSince(start) / tokens.length,
  };
}

function elapsed(costs: readonly StepCost[]): number[] {
  return costs.map((cost) => cost.elapsed);
}

function processor(costs: readonly StepCost[]): number[] {
  return costs.map((cost) => cost.processor);
}

/** Milliseconds of processor time, round by round. */
function differenceOf(above: readonly StepCost[], below: readonly StepCost[]): Summary {
  const differences = above.map((cost, round) => cost.processor - below[round]!.processor);
  return {
    median: median(differences),
    min: Math.min(...differences),
    max: Math.max(...differences),
  };
}

export function showCost({ rounds, steps, comparisons, klBudgetMs, stepMs }: CostResults): string {
  const milliseconds = ({ median: middle, min, max }: Summary) =>
    `${middle.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
  return [
    `Random models, Q8_0, one thread: base of 48 M parameters, the others 12 M, vocabulary 32,000;`,
    `${rounds} rounds of ${steps} steps, interleaved.`,
    '',
    showMarkdown([
      ['ratio', 'by the clock', 'in processor time'],
      ...comparisons.map((each) => [each.name, showRatio(each.elapsed), showRatio(each.processor)]),
    ]),
    '',
    showMarkdown([
      ['vocabulary', 'a KL budget adds, ms of processor time a token'],
      ...Object.entries(klBudgetMs).map(([size, added]) => [size, milliseconds(added)]),
    ]),
    '',
    showMarkdown([
      ['step', 'ms by the clock'],
      ...Object.entries(stepMs).map(([name, time]) => [name, time.toFixed(2)]),
    ]),
  ].join('\n');
}
