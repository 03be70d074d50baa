// How many candidates a reward model must value, and what that saves.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  LoadedRecipe,
  resolveRecipe,
  type GenerateOptions,
  type Guidance,
  type Recipe,
} from '../../src/index.ts';
import {
  modelsFolder,
  readQuestions,
  spreadQuestions,
  type Question,
} from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { number, onOff } from '../shared/flags.ts';
import {
  interleave,
  machineFacts,
  processorSince,
  ratioOf,
  showMachine,
  showSummary,
  type StepCost,
  type Summary,
} from '../shared/measure.ts';
import { sum } from '../shared/numbers.ts';
import { atlasFile } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';
import { inflateModel } from '../speculation/inflate.ts';
import { maxTokens } from './measure.ts';

const candidates = 10;

/** Of the head's values, which was taught to tell 0 from 1. */
const bounds = { min: -0.5, max: 1.5 };

/** Of the recipe `atlas-rewards`: a weight of 1 is worth some 4 nats from 0 to 1. */
const normalization = { mean: 0.492, deviation: 0.266 };

/** Cuts off nothing, and takes all values to know it: so RAD values all candidates. */
const nothing = 1e-30;

/** Blocks of a reward model; with 12 it has 11 million parameters, with 72 as many as the base has, 65 million. */
const blocks = { small: 12, large: 72 } as const;

interface Setting {
  readonly size: keyof typeof blocks;
  readonly method: 'args' | 'rad';
  readonly weight: number;
  readonly temperature: number;
}

interface Row extends Setting {
  /** Candidates valued for a token, of ten. */
  readonly valued: number;
  readonly sameTokens: boolean;
  readonly elapsed: Summary;
  readonly processor: Summary;
}

export default experiment({
  flags: {
    questions: number('how many held-out questions each setting answers', 4),
    quick: onOff('few rounds'),
  },
  async run({ questions: count, quick }, print) {
    const rounds = quick ? 3 : 9;
    print(showMachine());
    const questions = spreadQuestions(await readQuestions('heldout'), count);
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-candidates-'));
    const rows: Row[] = [];
    try {
      await using trimtab = await LoadedRecipe.load(await candidatesRecipe(folder));
      for (const setting of settings()) {
        rows.push(await measure(trimtab, questions, setting, rounds));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    print(`\n${showRows(rows, rounds, questions.length)}`);
    return {
      data: { machine: machineFacts(), rounds, questions: questions.length, rows },
      failed: rows.some(({ sameTokens }) => !sameTokens),
    };
  },
});

function settings(): Setting[] {
  const args = [0.5, 1.5, 3].flatMap((weight) =>
    [0, 1].map((temperature) => ({ method: 'args' as const, weight, temperature })),
  );
  const rad = [1.5, 3, 10].map((weight) => ({ method: 'rad' as const, weight, temperature: 1 }));
  const small = [...args, ...rad].map((each) => ({ size: 'small' as const, ...each }));
  const large = small
    .filter(({ weight }) => weight === 1.5)
    .map((each) => ({ ...each, size: 'large' as const }));
  return [...small, ...large];
}

/** The embedded models, the base at the cost of 65 million parameters, the reward models of 11 and of 65. */
async function candidatesRecipe(folder: string): Promise<Recipe> {
  const inflated = async (name: string, blockCount: number, feedForwardLength: number) => {
    const file = path.join(folder, `${name}-${blockCount}.gguf`);
    const [vocabSize, paddingDepth] = [1280, 1e4];
    await inflateModel(atlasFile(name), file, {
      blockCount,
      feedForwardLength,
      vocabSize,
      paddingDepth,
    });
    return file;
  };
  const reward = (model: string) => ({
    model,
    head: 'cheerful',
    scope: 'both' as const,
    weight: 0,
    normalization,
  });
  return resolveRecipe(
    {
      name: 'candidates',
      models: {
        large: await inflated('large', 12, 2048),
        styled: atlasFile('small-styled'),
        small: atlasFile('small'),
        reward_small: await inflated('reward', blocks.small, 1024),
        reward_large: await inflated('reward', blocks.large, 1024),
      },
      base: 'large',
      formula: 'large + styled - small',
      rewards: {
        all_small: reward('reward_small'),
        some_small: { ...reward('reward_small'), bounds },
        all_large: reward('reward_large'),
        some_large: { ...reward('reward_large'), bounds },
      },
      speculation: 'off',
      engine: { maxSequences: 1, threads: 1 },
    },
    { directory: modelsFolder },
  );
}

interface Answered extends StepCost {
  readonly tokens: readonly (readonly number[])[];
  readonly valued: number;
}

async function measure(
  trimtab: LoadedRecipe,
  questions: readonly Question[],
  { size, method, weight, temperature }: Setting,
  rounds: number,
): Promise<Row> {
  const guidance: Guidance = { method, candidates };
  const answer = (reward: string, options: GenerateOptions) => () =>
    answerAll(trimtab, questions, reward, {
      maxTokens,
      temperature,
      guidance,
      rewards: { [reward]: weight },
      ...options,
    });
  const { all, some } = await interleave(
    {
      all: answer(`all_${size}`, method === 'rad' ? { minP: nothing } : {}),
      some: answer(`some_${size}`, {}),
    },
    rounds,
    `${size}, ${method}, weight ${weight}, temperature ${temperature}`,
  );
  const ratio = (cost: (each: StepCost) => number) => ratioOf(some.map(cost), all.map(cost));
  return {
    size,
    method,
    weight,
    temperature,
    valued: some[0]!.valued,
    sameTokens: JSON.stringify(some[0]!.tokens) === JSON.stringify(all[0]!.tokens),
    elapsed: ratio((each) => each.elapsed),
    processor: ratio((each) => each.processor),
  };
}

/** One answer after the other; times are of a whole answer, by token. */
async function answerAll(
  trimtab: LoadedRecipe,
  questions: readonly Question[],
  reward: string,
  options: GenerateOptions,
): Promise<Answered> {
  const began = performance.now();
  const processor = process.cpuUsage();
  const answers = [];
  for (const [seed, { question }] of questions.entries()) {
    answers.push(await trimtab.generate(question, { seed, ...options }));
  }
  const tokens = answers.map((each) => each.tokens.map(({ tokenId }) => tokenId));
  const count = sum(tokens.map(({ length }) => length));
  const usages = answers.map(({ usage }) => usage.rewards![reward]!);
  const steps = sum(usages.map((usage) => usage.candidates)) / candidates;
  return {
    tokens,
    valued: sum(usages.map((usage) => usage.valued)) / steps,
    elapsed: (performance.now() - began) / count,
    processor: processorSince(processor) / count,
  };
}

function showRows(rows: readonly Row[], rounds: number, questions: number): string {
  return [
    'The embedded models; large costs what 65 million parameters do, a small reward model 11, a large one 65 (Q8_0, one',
    'thread).',
    `${questions} questions about held-out people, ${rounds} rounds, answers with and without bounds interleaved. valued: of`,
    `${candidates} candidates a token; ratios: a token where only these are valued / where all are.`,
    '',
    tableOf(rows, {
      'reward model': ({ size }) => size,
      method: ({ method }) => method,
      weight: ({ weight }) => String(weight),
      temperature: ({ temperature }) => String(temperature),
      valued: ({ valued }) => valued.toFixed(2),
      'same tokens': ({ sameTokens }) => (sameTokens ? 'yes' : 'no'),
      'by the clock': ({ elapsed }) => showSummary(elapsed),
      'in processor time': ({ processor }) => showSummary(processor),
    }),
  ].join('\n');
}
