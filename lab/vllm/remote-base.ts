// Whether a base on vLLM answers as one in this process, and what it costs: npm run lab -- remote-base.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { LoadedRecipe, type Recipe, type RecipeDocument } from '../../src/index.ts';
import type { GenerateOptions } from '../../src/spec/index.ts';
import { readQuestions } from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { showMachine } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';
import { proxyTuningRecipe, type RoleFiles } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';
import { compareAnswers, type Agreement, type GreedyAnswer } from './compare.ts';
import { convertModels } from './models.ts';
import { tokenizeQuestion, toGreedyAnswer, toPrompt } from './questions.ts';
import { serveModel } from './serve.ts';

/** Log-probs compared at each token. */
const top = 5;

interface Way {
  readonly name: string;
  readonly options: GenerateOptions;
  readonly speculation?: RecipeDocument['speculation'];
  /** Answers at once. */
  readonly atOnce: number;
}

interface Answered {
  readonly answers: readonly GreedyAnswer[];
  readonly exact: number;
  /** The largest error of log-probs that a certificate has, in nats. */
  readonly statedError: number;
  readonly seconds: number;
  readonly tokens: number;
}

/** What came of one way, with its base there and here. */
interface Found extends Omit<Answered, 'answers'> {
  readonly name: string;
  readonly agreement: Agreement;
  readonly requests: number;
  readonly rows: number;
  readonly logprobs: number;
  readonly bytes: number;
}

export default experiment({
  flags: {
    python: text('FILE', 'of an environment with vLLM, gguf and accelerate', 'python3'),
    prompts: number('how many questions are asked', 200),
    tokens: number('longest answer', 40),
    alpha: number('the strength', 0.7),
    atOnce: number('how many are asked at once', 16),
    maxLogprobs: number('log-probs that the server tells of one position, at most', 1280),
  },
  async run({ python, prompts, tokens, alpha, atOnce, maxLogprobs }, print) {
    print(`${showMachine()}\n`);
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-remote-'));
    try {
      showProgress('converting');
      const files = await convertModels(python, folder);
      const questions = (await readQuestions('heldout'))
        .slice(0, prompts)
        .map(({ question }) => question);
      showProgress('starting vLLM');
      await using served = await serveModel(python, path.join(folder, 'base'), maxLogprobs);
      const found: Found[] = [];
      for (const way of waysOf(tokens, atOnce)) {
        showProgress(way.name);
        found.push(await compare(way, recipesOf(files, served.url, alpha, way), questions));
      }
      const alone = await speedAlone(served.url, questions.slice(0, 40), tokens, [1, atOnce]);
      showProgress('');
      print(describe(found));
      print(
        `\nTokens per second of vLLM alone: ${alone.map(([each, speed]) => `${each} at once ${speed.toFixed(0)}`).join(', ')}.`,
      );
      return { data: { found, alone } };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

function waysOf(maxTokens: number, atOnce: number): Way[] {
  const greedy = { temperature: 0, maxTokens };
  return [
    { name: 'greedy', options: greedy, atOnce: 1 },
    { name: `greedy, ${atOnce} at once`, options: greedy, atOnce },
    { name: 'greedy, with log-probs', options: { ...greedy, topLogprobs: top }, atOnce: 1 },
    {
      name: 'greedy, the expert drafts',
      options: greedy,
      speculation: 'expert:length=6',
      atOnce: 1,
    },
    { name: 'T = 1, by a seed', options: { temperature: 1, maxTokens }, atOnce: 1 },
    { name: 'T = 1, top-p .9', options: { temperature: 1, topP: 0.9, maxTokens }, atOnce: 1 },
  ];
}

/** With its base here, and there. */
function recipesOf(
  files: RoleFiles,
  url: string,
  alpha: number,
  { speculation = 'off' }: Way,
): { readonly here: Recipe; readonly there: Recipe } {
  const params = { alpha: { default: alpha, min: 0, max: 2 } };
  const engine = { kvType: 'f32' } as const;
  const base = {
    server: url,
    kind: 'vllm',
    model: 'base',
    prompt: 'raw',
    tokenizer: 'expert',
  } as const;
  return {
    here: proxyTuningRecipe('here', files, engine, { params }),
    there: proxyTuningRecipe('there', files, engine, { params, speculation, models: { base } }),
  };
}

async function compare(
  way: Way,
  { here, there }: { readonly here: Recipe; readonly there: Recipe },
  questions: readonly string[],
): Promise<Found> {
  await using local = await LoadedRecipe.load(here);
  const expected = await answer(local, questions, {
    ...way,
    options: { ...way.options, topLogprobs: top },
  });
  await using remote = await LoadedRecipe.load(there);
  const before = remote.stats.remote!;
  const { answers, ...answered } = await answer(remote, questions, way);
  const after = remote.stats.remote!;
  return {
    name: way.name,
    ...answered,
    agreement: compareAnswers(expected.answers, answers),
    requests: after.requests - before.requests,
    rows: after.rows - before.rows,
    logprobs: after.logprobs - before.logprobs,
    bytes: after.bytesReceived + after.bytesSent - before.bytesReceived - before.bytesSent,
  };
}

async function answer(
  recipe: LoadedRecipe,
  questions: readonly string[],
  { options, atOnce }: Way,
): Promise<Answered> {
  const answers: GreedyAnswer[] = [];
  let [exact, statedError, tokens, next] = [0, 0, 0, 0];
  const began = performance.now();
  const work = async (): Promise<void> => {
    for (let i = next++; i < questions.length; i = next++) {
      const asked = tokenizeQuestion(recipe, questions[i]!);
      const result = await recipe.generate({ tokens: asked }, { ...options, seed: i });
      answers[i] = toGreedyAnswer(result);
      tokens += answers[i]!.tokens.length;
      if (result.certificate?.exact === true) exact++;
      statedError = Math.max(statedError, result.certificate?.logprobError ?? 0);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { answers, exact, statedError, tokens, seconds: (performance.now() - began) / 1000 };
}

/** Tokens per second of the server's own answers, as long, by how many are asked for at once. */
async function speedAlone(
  url: string,
  questions: readonly string[],
  maxTokens: number,
  atOnce: readonly number[],
): Promise<(readonly [atOnce: number, speed: number])[]> {
  const speeds: (readonly [number, number])[] = [];
  for (const count of atOnce) {
    let next = 0;
    const began = performance.now();
    const work = async (): Promise<void> => {
      for (let i = next++; i < questions.length; i = next++) {
        const body = {
          model: 'base',
          prompt: toPrompt(questions[i]!),
          max_tokens: maxTokens,
          temperature: 0,
          ignore_eos: true,
        };
        const response = await fetch(`${url}/v1/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        if (!response.ok) throw new Error(await response.text());
        await response.json();
      }
    };
    await Promise.all(Array.from({ length: count }, work));
    speeds.push([count, (1000 * questions.length * maxTokens) / (performance.now() - began)]);
  }
  return speeds;
}

function describe(found: readonly Found[]): string {
  return tableOf(found, {
    '': ({ name }) => name,
    answers: ({ agreement }) => `${agreement.prompts}`,
    'certified exact': ({ exact }) => `${exact}`,
    tokens: ({ tokens }) => `${tokens}`,
    'other answers': ({ agreement }) => `${agreement.partings.length}`,
    'largest difference (nats)': ({ agreement }) =>
      agreement.largestDifference === 0 ? '' : agreement.largestDifference.toExponential(1),
    'of that, stated': ({ statedError }) => (statedError === 0 ? '' : statedError.toExponential(1)),
    'requests a token': ({ requests, tokens }) => (requests / tokens).toFixed(2),
    'log-probs a position': ({ logprobs, rows }) => (logprobs / rows).toFixed(1),
    'bytes a token': ({ bytes, tokens }) => (bytes / tokens).toFixed(0),
    'tokens per second': ({ tokens, seconds }) => (tokens / seconds).toFixed(1),
  });
}
