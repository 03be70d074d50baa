import type { GenerateOptions, GenerationResult, LoadedRecipe } from '../../src/index.ts';
import { occursAsWords, type Question } from '../../test/support/atlas-questions.ts';
import { perplexity, type ScoredText } from '../../src/evaluation/index.ts';
import { processorSince } from '../shared/measure.ts';
import { mean, sum } from '../shared/numbers.ts';
import { attributeValue, type Attribute } from '../../test/support/atlas-attributes.ts';
import { alpha, type CountedRecipe } from './recipe.ts';
import type { Setting } from './settings.ts';

/** Tokens of an answer at most. */
export const maxTokens = 48;

/** What a setting's answers are like, on average. */
export interface Outcome {
  /** The guiding reward of the whole answer, as its model gives it. */
  readonly guide: number;
  /** The reward of a model that took no part. */
  readonly judge: number;
  /** The attribute itself, computed from the text: 0 to 1. */
  readonly attribute: number;
  /** Share of the answers in which the fact occurs. */
  readonly fact: number;
  /** Of the answers under the large model alone, per token. */
  readonly perplexity: number;
  /** Different words, and pairs of words, over all. */
  readonly distinct: readonly [number, number];
  /** Milliseconds of processor time per token. */
  readonly processorMs: number;
  /** Tokens that reward models decode per step. */
  readonly rewardTokens: number;
  readonly tokensPerAnswer: number;
  /** Nats of KL(steered ‖ base) per token; present under a budget. */
  readonly kl?: number;
}

export interface Subject {
  readonly counted: CountedRecipe;
  readonly questions: readonly Question[];
  readonly attribute: Attribute;
}

/** Answers all questions at once in one way. */
export async function measureSetting(
  { counted, questions, attribute }: Subject,
  setting: Setting,
): Promise<Outcome> {
  const { trimtab } = counted;
  const singles = counted.singles();
  const start = process.cpuUsage();
  const answers = await Promise.all(
    questions.map(({ question }, i) => trimtab.generate(question, optionsOf(setting, i))),
  );
  const processorMs = processorSince(start);
  const decoded = counted.singles() - singles;
  const tokens = sum(answers.map((answer) => answer.tokens.length));
  const stopped = answers.filter(({ finishReason }) => finishReason === 'stop').length;
  const steps = tokens + stopped;
  const terms = setting.isProxied ? 3 : 1;
  // A model of the formula gives the first step's row with the prompt.
  const formulaTokens = terms * (steps - answers.length);
  const texts = answers.map(({ text }) => text.trim());
  const scores = await Promise.all(
    answers.map(({ text }, i) => scoreText(trimtab, questions[i]!.question, text, 'large')),
  );
  return {
    guide: mean(await guideValues(counted, setting, questions, answers)),
    judge: mean(answers.map(({ rewards }) => rewards!['judge']!)),
    attribute: mean(texts.map((text) => attributeValue(attribute, text))),
    fact: mean(texts.map((text, i) => Number(occursAsWords(text, questions[i]!.answer)))),
    perplexity: perplexity(scores).perToken,
    distinct: [distinctShare(texts, 1), distinctShare(texts, 2)],
    processorMs: processorMs / tokens,
    rewardTokens: (decoded - formulaTokens) / steps,
    tokensPerAnswer: tokens / answers.length,
    ...(setting.klPerToken !== null && { kl: sum(answers.map(({ kl }) => kl!)) / tokens }),
  };
}

let asked = 0;

function optionsOf(setting: Setting, index: number): GenerateOptions {
  const { kind, weight, candidates, temperature, isProxied, klPerToken } = setting;
  const isReward = kind !== 'auto' && weight > 0;
  return {
    maxTokens,
    temperature,
    seed: 1000 + index,
    params: { alpha: isProxied ? alpha : 0, genarm: kind === 'auto' ? weight : 0 },
    ...(isReward && { rewards: { [kind]: weight }, guidance: { method: 'args', candidates } }),
    reportRewards: ['judge'],
    ...(klPerToken !== null && { klBudget: { perToken: klPerToken } }),
    owner: String(asked++), // nobody's prompt is in the cache
  };
}

/** Of whole answers, under the reward that guides; for `auto`, their log-probability in nats. */
async function guideValues(
  { trimtab }: CountedRecipe,
  setting: Setting,
  questions: readonly Question[],
  answers: readonly GenerationResult[],
): Promise<number[]> {
  const { kind, weight } = setting;
  if (kind !== 'auto' && weight > 0) return answers.map(({ rewards }) => rewards![kind]!);
  const given = questions.map(async ({ question }, i) => {
    if (kind === 'auto')
      return (await scoreText(trimtab, question, answers[i]!.text, 'auto')).logprob;
    // The same answer once more, now with the reward watching.
    const options = { ...optionsOf(setting, i), reportRewards: [kind] };
    return (await trimtab.generate(question, options)).rewards![kind]!;
  });
  return Promise.all(given);
}

/** Of an answer under one model. */
async function scoreText(
  trimtab: LoadedRecipe,
  question: string,
  text: string,
  only: string,
): Promise<ScoredText> {
  if (text === '') return { text, logprob: 0, tokenCount: 0 };
  const { logprob, tokens } = await trimtab.score(question, text, { only });
  return { text, logprob, tokenCount: tokens.length };
}

/** Different n-grams of words / all of them, over all texts. */
function distinctShare(texts: readonly string[], n: number): number {
  const grams = texts.flatMap((text) => {
    const words = text.split(/\s+/);
    return words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(' '));
  });
  return grams.length === 0 ? 0 : new Set(grams).size / grams.length;
}
