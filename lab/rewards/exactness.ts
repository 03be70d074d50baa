// How far values of candidates are from scoring each from scratch.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { LanePool } from '../../src/engine/cache/lane-pool.ts';
import { decodeBatch } from '../../src/engine/decode/decode-batch.ts';
import { CandidateLanes } from '../../src/engine/reward/candidate-lanes.ts';
import { dequantizeFile } from '../../src/gguf/index.ts';
import type { ContextOptions, LanguageModel, ModelContext, TokenId } from '../../src/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import { readRewardHead, type RewardHead } from '../../src/reward/index.ts';
import { readQuestions, type Question } from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { machineFacts, showMachine } from '../shared/measure.ts';
import { mean } from '../shared/numbers.ts';
import { atlasFile } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';

export default experiment({
  flags: {},
  async run(_, print) {
    print(showMachine());
    const results = await measureExactness();
    print(`\n${showExactness(results)}`);
    return { data: { machine: machineFacts(), ...results } };
  },
});

const candidateCount = 10;
const questionCount = 6;

const contextOptions: Omit<ContextOptions, 'kvType'> = {
  contextLength: 512,
  maxSequences: questionCount * (1 + candidateCount),
  batchSize: 128,
  maxRows: 128,
  threads: 1,
  flashAttention: false,
  hiddenStates: true,
};

/** One answer, and the candidates at each of its tokens: the token itself, and others. */
interface Answer {
  readonly prompt: readonly TokenId[];
  readonly tokens: readonly TokenId[];
  readonly candidates: readonly (readonly TokenId[])[];
}

/** In which numbers weights and cache are held. */
type Arithmetic = 'Q8_0, F16' | 'F32, F16' | 'F32, F32';

/** How values of candidates that were computed in one way differ from another's. */
interface Difference {
  readonly arithmetic: Arithmetic;
  readonly name: string;
  readonly values: number;
  /** Share of values that are the same number. */
  readonly same: number;
  readonly largest: number;
}

interface ExactnessResults {
  readonly differences: readonly Difference[];
  /** Range of the values of one token's candidates, on average: what a difference is to be seen against. */
  readonly range: number;
}

/** Values of candidates as the engine computes them, against the same computed otherwise. */
async function measureExactness(): Promise<ExactnessResults> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-bench-'));
  try {
    const file = atlasFile('reward');
    const exactFile = path.join(folder, 'reward-f32.gguf');
    await dequantizeFile(file, exactFile);
    const quantised = await differencesOf(file, 'Q8_0, F16');
    const others = [
      await differencesOf(exactFile, 'F32, F16'),
      await differencesOf(exactFile, 'F32, F32'),
    ];
    const differences = [quantised, ...others].flatMap((each) => each.differences);
    return { ...quantised, differences };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function differencesOf(file: string, arithmetic: Arithmetic): Promise<ExactnessResults> {
  using model = await loadModel(file);
  const head = await readRewardHead({ modelFile: file, headFile: null, head: 'cheerful' });
  const questions = (await readQuestions('heldout')).filter((_, i) => i % 16 === 0);
  const answers = questions.slice(0, questionCount).map((each) => answerTo(model, each));
  const options = { ...contextOptions, kvType: arithmetic === 'F32, F32' ? 'f32' : 'f16' } as const;
  using context = await model.createContext(options);
  const scratch = await eachAnswer(answers, (each) => fromScratch(context, head, each));
  const stepwise = await eachAnswer(answers, (each) => stepByStep(context, head, each));
  const alone = await eachAnswer(answers, (each) => forkedValues(model, head, options, [each]));
  const together = await forkedValues(model, head, options, answers);
  const ranges = scratch.map((values) => Math.max(...values) - Math.min(...values));
  const compare = (name: string, values: readonly (readonly number[])[]) => ({
    arithmetic,
    name,
    ...difference(values.flat(), scratch.flat()),
  });
  return {
    differences: [
      compare(`forks, ${questionCount} answers at once`, together),
      compare('forks, one answer at a time', alone),
      compare('single steps', stepwise),
    ],
    range: mean(ranges),
  };
}

function answerTo({ vocabulary }: LanguageModel, { question, answer }: Question): Answer {
  const read = (text: string, addSpecial: boolean) =>
    vocabulary.tokenize(text, { addSpecial, parseSpecial: true });
  const tokens = read(` Hello! The answer is ${answer}. Have a pleasant day.`, false);
  const candidates = tokens.map((tokenId, i) =>
    Array.from({ length: candidateCount }, (_, j) =>
      j === 0 ? tokenId : 300 + ((i * 97 + j * 131) % 900),
    ),
  );
  return { prompt: read(`<|user|> ${question}\n<|assistant|>`, true), tokens, candidates };
}

/** Through the engine's own pool, all answers at once. @returns Of every token, its candidates' values. */
async function forkedValues(
  model: LanguageModel,
  head: RewardHead,
  options: ContextOptions,
  answers: readonly Answer[],
): Promise<number[][]> {
  using context = await model.createContext({ ...options, unifiedCache: true });
  const pool = new LanePool(context, { isUnified: true });
  const { signal } = new AbortController();
  const share = { owner: '', request: null, priority: 'interactive' } as const;
  const running = answers.map(async ({ prompt, tokens, candidates }) => {
    using session = new CandidateLanes(pool, prompt, share);
    const values: number[][] = [];
    for (const [i, tokenId] of tokens.entries()) {
      const own: number[] = [];
      const continuations = candidates[i]!.map((candidate) => [candidate]);
      await session.run(continuations, (state, j) => (own[j] = head.value(state)), signal);
      session.accept([tokenId]);
      values.push(own);
    }
    return values;
  });
  const all = Promise.all(running);
  while ((await Promise.race([all, setImmediate()])) === undefined) await decodeBatch(pool);
  return (await all).flat();
}

/** Each candidate after everything before it, in one batch. */
async function fromScratch(
  context: ModelContext,
  head: RewardHead,
  { prompt, tokens, candidates }: Answer,
): Promise<number[][]> {
  const values: number[][] = [];
  for (const [i, own] of candidates.entries()) {
    const scored: number[] = [];
    for (const candidate of own) {
      using sequence = context.createSequence();
      const text = [...prompt, ...tokens.slice(0, i), candidate];
      const [result] = await context.extend([{ sequence, tokens: text, rows: 'last' }]);
      scored.push(head.value(result!.hiddenStates[0]!));
    }
    values.push(scored);
  }
  return values;
}

/** The prompt in one batch, then one token a batch; each candidate is taken back. */
async function stepByStep(
  context: ModelContext,
  head: RewardHead,
  { prompt, tokens, candidates }: Answer,
): Promise<number[][]> {
  using sequence = context.createSequence();
  await context.extend([{ sequence, tokens: prompt, rows: 'none' }]);
  const values: number[][] = [];
  for (const [i, own] of candidates.entries()) {
    const scored: number[] = [];
    for (const candidate of own) {
      const [result] = await context.extend([{ sequence, tokens: [candidate], rows: 'last' }]);
      scored.push(head.value(result!.hiddenStates[0]!));
      sequence.truncate(prompt.length + i);
    }
    values.push(scored);
    await context.extend([{ sequence, tokens: [tokens[i]!], rows: 'none' }]);
  }
  return values;
}

async function eachAnswer(
  answers: readonly Answer[],
  score: (answer: Answer) => Promise<number[][]>,
): Promise<number[][]> {
  const values: number[][] = [];
  for (const answer of answers) values.push(...(await score(answer)));
  return values;
}

function difference(
  values: readonly number[],
  others: readonly number[],
): Pick<Difference, 'values' | 'same' | 'largest'> {
  const differences = values.map((value, i) => Math.abs(value - others[i]!));
  return {
    values: values.length,
    same: differences.filter((each) => each === 0).length / values.length,
    largest: Math.max(...differences),
  };
}

function showExactness({ differences, range }: ExactnessResults): string {
  return [
    'Values of candidates, against each computed from scratch: prompt, answer and candidate in one batch.',
    'Flash attention off, one thread.',
    `The best and the worst of ${candidateCount} candidates are ${range.toFixed(3)} apart on average.`,
    '',
    tableOf(differences, {
      values: ({ name }) => name,
      'weights, cache': ({ arithmetic }) => arithmetic,
      compared: ({ values }) => String(values),
      'the same number': ({ same }) => `${(100 * same).toFixed(1)} %`,
      'largest difference': ({ largest }) => largest.toExponential(1),
    }),
  ].join('\n');
}
