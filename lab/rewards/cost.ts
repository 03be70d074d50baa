// What steps cost against the bare forwards that they need.
import {
  LoadedRecipe,
  type GenerateOptions,
  type Guidance,
  type ModelContext,
  type Recipe,
} from '../../src/index.ts';
import { experiment } from '../shared/experiment.ts';
import { onOff } from '../shared/flags.ts';
import {
  interleave,
  machineFacts,
  processorSince,
  ratioOf,
  showMachine,
  showSummary,
  summaryOf,
  type StepCost,
  type Summary,
} from '../shared/measure.ts';
import { median } from '../shared/numbers.ts';
import { rewardedFiles, type RewardedFiles } from '../shared/random-files.ts';
import { proxyTuningRecipe } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';
import { watchContexts } from '../shared/watched-contexts.ts';
import { createBare, plainTokens } from './bare.ts';

export default experiment({
  flags: { quick: onOff('few rounds') },
  async run({ quick }, print) {
    print(showMachine());
    const rounds = quick ? 3 : 15;
    const small = await measureSteps(await rewardedFiles(32_000), rounds);
    const large = await measureBudget(await rewardedFiles(128_256), rounds);
    const results = { ...small, klBudgetMs: { 32_000: small.klBudgetMs, 128_256: large } };
    print(`\n${showCost(rounds, results)}`);
    return { data: { machine: machineFacts(), rounds, ...results } };
  },
});

/** One comparison of steps, by the clock and by the processor's. */
interface Comparison {
  readonly name: string;
  readonly elapsed: Summary;
  readonly processor: Summary;
}

interface CostResults {
  readonly comparisons: readonly Comparison[];
  /** What a KL budget adds to a proxied token, milliseconds of processor time, by vocabulary. */
  readonly klBudgetMs: Readonly<Record<number, Summary>>;
  /** What each step takes, for orientation only: it is the machine's, at that moment. */
  readonly stepMs: Readonly<Record<string, number>>;
}

const steps = 64;
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

const plain: GenerateOptions = { params: { alpha: 0 } };
const proxied: GenerateOptions = { params: { alpha: 1 } };
const sampled: GenerateOptions = { ...plain, temperature: 1, seed: 1 };
const args: Guidance = { method: 'args', candidates };

async function measureSteps(files: RewardedFiles, rounds: number) {
  const contexts: ModelContext[] = [];
  await using trimtab = await LoadedRecipe.load(costRecipe(files), {
    loader: watchContexts((context) => contexts.push(context)),
  });
  const step = (options: GenerateOptions) => () => composedStep(trimtab, options);
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
    rounds,
    'vocabulary 32,000',
  );
  type Name = keyof typeof cost;
  const compare = (name: string, above: Name, below: Name): Comparison => ({
    name,
    elapsed: ratioOf(elapsed(cost[above]), elapsed(cost[below])),
    processor: ratioOf(processor(cost[above]), processor(cost[below])),
  });
  return {
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
async function measureBudget(files: RewardedFiles, rounds: number): Promise<Summary> {
  await using trimtab = await LoadedRecipe.load(costRecipe(files));
  const cost = await interleave(
    {
      proxied: () => composedStep(trimtab, proxied),
      limited: () => composedStep(trimtab, { ...proxied, klBudget: { perToken: 0.5 } }),
    },
    rounds,
    'vocabulary 128,256',
  );
  return differenceOf(cost.limited, cost.proxied);
}

function costRecipe({ reward, ...files }: RewardedFiles): Recipe {
  const engine = { maxSequences: 4, threads: 1, contextLength: 512 };
  return proxyTuningRecipe('cost', files, engine, {
    models: { reward: { file: reward, prompt: 'raw' } },
    rewards: {
      scalar: { model: 'reward', scope: 'both', weight: 0 },
      next: { nextToken: 'reward', weight: 0 },
    },
    guidance: { method: 'args', candidates },
  });
}

/** Of one answer of random models, none of which ends by itself. */
async function composedStep(trimtab: LoadedRecipe, options: GenerateOptions): Promise<StepCost> {
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
  return summaryOf(above.map((cost, round) => cost.processor - below[round]!.processor));
}

function showCost(rounds: number, { comparisons, klBudgetMs, stepMs }: CostResults): string {
  return [
    `Random models, Q8_0, one thread: base of 48 M parameters, the others 12 M, vocabulary 32,000;`,
    `${rounds} rounds of ${steps} steps, interleaved.`,
    '',
    tableOf(comparisons, {
      ratio: ({ name }) => name,
      'by the clock': (each) => showSummary(each.elapsed),
      'in processor time': (each) => showSummary(each.processor),
    }),
    '',
    tableOf(Object.entries(klBudgetMs), {
      vocabulary: ([size]) => size,
      'a KL budget adds, ms of processor time a token': ([, added]) => showSummary(added, 2),
    }),
    '',
    tableOf(Object.entries(stepMs), {
      step: ([name]) => name,
      'ms by the clock': ([, time]) => time.toFixed(2),
    }),
  ].join('\n');
}
