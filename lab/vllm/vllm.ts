// Whether vLLM with the plugin answers as Trimtab does in its own process: npm run lab -- vllm.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { LoadedRecipe } from '../../src/index.ts';
import { exportVllm } from '../../src/vllm/index.ts';
import { readQuestions } from '../../test/support/atlas-questions.ts';
import { experiment } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { showProgress } from '../shared/progress.ts';
import { proxyTuningRecipe } from '../shared/recipes.ts';
import { tableOf } from '../shared/table.ts';
import { convertModels } from './models.ts';
import { end, tokenizeQuestion, toGreedyAnswer } from './questions.ts';
import { vllmEnvironment } from './serve.ts';
import { compareAnswers, type Agreement, type GreedyAnswer } from './compare.ts';

const root = path.join(import.meta.dirname, '../..');
const program = path.join(root, 'integrations/vllm/proof/answer.py');

/** How many log-probs are compared at each token. */
const top = 20;

/** What `answer.py` writes. */
interface VllmAnswers {
  readonly answers: Readonly<
    Record<Way, readonly { tokens: number[]; logprobs: Record<string, number>[] }[]>
  >;
  /** Tokens per second. */
  readonly speed: Readonly<Record<Way, { readonly steered: number; readonly base: number }>>;
}

type Way = 'alone' | 'together';

export default experiment({
  flags: {
    python: text('FILE', 'of an environment with vLLM, gguf, accelerate and the plugin', 'python3'),
    prompts: number('how many questions are asked', 200),
    tokens: number('longest answer', 40),
    alpha: number('the strength', 0.7),
    atOnce: number('how many are asked at once', 16),
  },
  async run({ python, prompts, tokens, alpha, atOnce }, print) {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-vllm-'));
    try {
      showProgress('converting');
      const files = await convertModels(python, folder);
      const recipe = proxyTuningRecipe(
        'vllm',
        files,
        { kvType: 'f32' },
        {
          params: { alpha: { default: alpha, min: 0, max: 2 } },
        },
      );
      await exportVllm(recipe, {
        output: path.join(folder, 'plugin'),
        base: path.join(folder, 'base'),
        expert: path.join(folder, 'expert'),
        antiExpert: path.join(folder, 'antiExpert'),
      });
      showProgress('answering in this process');
      const { asked, answers } = await answerHere(recipe, prompts, tokens);
      showProgress('answering with vLLM');
      const request = {
        model: path.join(folder, 'base'),
        prompts: asked,
        maxTokens: tokens,
        atOnce,
        top,
        end,
      };
      const there = await answerThere(python, folder, request);
      showProgress('');
      const agreements = compareAll(answers, there);
      print(describe(agreements, there));
      const failed = Object.values(agreements).some(({ faults }) => faults.length > 0);
      return { data: { agreements, speed: there.speed }, failed };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

async function answerHere(
  recipe: Parameters<typeof LoadedRecipe.load>[0],
  prompts: number,
  maxTokens: number,
): Promise<{ asked: number[][]; answers: GreedyAnswer[] }> {
  await using loaded = await LoadedRecipe.load(recipe);
  const questions = (await readQuestions('heldout')).slice(0, prompts);
  const asked: number[][] = [];
  const answers: GreedyAnswer[] = [];
  for (const { question } of questions) {
    const tokens = tokenizeQuestion(loaded, question);
    const result = await loaded.generate({ tokens }, { maxTokens, topLogprobs: top });
    asked.push(tokens);
    answers.push(toGreedyAnswer(result));
  }
  return { asked, answers };
}

async function answerThere(python: string, folder: string, request: object): Promise<VllmAnswers> {
  const output = path.join(folder, 'answers.json');
  const log = path.join(folder, 'vllm.log');
  const env = {
    ...process.env,
    ...vllmEnvironment,
    TRIMTAB_VLLM_CONFIG: path.join(folder, 'plugin'),
  };
  const child = spawn(python, [program, output], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => said.push(data));
  child.stdin.end(JSON.stringify(request));
  const [code] = (await once(child, 'close')) as [number | null];
  await writeFile(log, Buffer.concat(said));
  if (code !== 0) throw new Error(`vLLM failed:\n${Buffer.concat(said).toString().slice(-3000)}`);
  return JSON.parse(await readFile(output, 'utf8')) as VllmAnswers;
}

function compareAll(
  answers: readonly GreedyAnswer[],
  there: VllmAnswers,
): Record<'alone' | 'together' | 'together and alone', Agreement> {
  const [alone, together] = (['alone', 'together'] as const).map((way) =>
    there.answers[way].map(({ tokens, logprobs }) => ({
      tokens,
      logprobs: logprobs.map(
        (row) =>
          new Map(Object.entries(row).map(([tokenId, logprob]) => [Number(tokenId), logprob])),
      ),
    })),
  );
  return {
    alone: compareAnswers(answers, alone!),
    together: compareAnswers(answers, together!),
    'together and alone': compareAnswers(alone!, together!),
  };
}

function describe(agreements: Readonly<Record<string, Agreement>>, { speed }: VllmAnswers): string {
  const agreed = tableOf(Object.entries(agreements), {
    'vLLM and this process': ([way]) => way,
    prompts: ([, { prompts }]) => `${prompts}`,
    tokens: ([, { tokens }]) => `${tokens}`,
    'largest difference (nats)': ([, { largestDifference }]) => largestDifference.toExponential(1),
    'other answers': ([, { partings }]) => `${partings.length}`,
    'of them not by rounding': ([, { faults }]) => `${faults.length}`,
  });
  const speeds = tableOf(Object.entries(speed), {
    'tokens per second': ([way]) => way,
    'base alone': ([, { base }]) => base.toFixed(1),
    steered: ([, { steered }]) => steered.toFixed(1),
    share: ([, { base, steered }]) => (steered / base).toFixed(2),
  });
  return `${agreed}\n\n${speeds}`;
}
