import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLocalService } from '../../src/service/index.ts';
import type { InferenceService, ScoredToken } from '../../src/spec/index.ts';
import { recipe } from '../support/command.ts';
import { evaluate, type Evaluation, type Sample } from '../lm-eval/harness.ts';
import { findPython } from '../support/python.ts';
import { serveProcess, type ServeProcess } from '../support/server/serve-process.ts';

const python = findPython('lm_eval, datasets, aiohttp', 'lm-evaluation-harness');

const contextLength = 512;
/** `<|end|>`, with which the texts of Atlas begin. */
const firstToken = 0;

const sumOf = (tokens: readonly ScoredToken[]) =>
  tokens.reduce((sum, { logprob }) => sum + logprob, 0);

const isBest = ({ logprob, topLogprobs }: ScoredToken) => logprob === topLogprobs![0]!.logprob;

describe.skipIf(python === undefined)('lm-evaluation-harness', () => {
  let served: ServeProcess;
  let service: InferenceService;
  const folders: string[] = [];

  beforeAll(async () => {
    served = await serveProcess([recipe, '--context', `${contextLength}`, '--no-profiles']);
    service = await createLocalService({ recipes: [recipe] });
  });

  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    served.process.kill('SIGTERM');
    await served.ended;
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  async function harness(...args: string[]): Promise<Evaluation> {
    const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-lm-eval-'));
    folders.push(folder);
    return evaluate(python!, args, folder);
  }

  // All together know the answers; the small one does not, so that there are scores between 0 and 1.
  // Prompts of one request are decoded together, which shifts log-probs by hundredths of a nat in all.
  describe.each([
    { only: undefined, batchSize: 5, tolerance: 0.1 },
    { only: 'small', batchSize: 1, tolerance: 1e-9 },
  ])('by local-completions, $batchSize at once', ({ only, batchSize, tolerance }) => {
    let evaluation: Evaluation;

    beforeAll(async () => {
      const model = only === undefined ? 'atlas-chat' : `atlas-chat/${only}`;
      const url = `${served.url}/v1/completions`;
      evaluation = await harness(
        '--model',
        'local-completions',
        '--batch_size',
        `${batchSize}`,
        '--model_args',
        `model=${model},base_url=${url},max_length=${contextLength},custom_prefix_token_id=${firstToken}`,
        '--tasks',
        'atlas_answers,atlas_completions,atlas_statements',
      );
    });

    const tokenize = (text: string) =>
      service.tokenize('atlas-chat', text, { only, addSpecial: false, parseSpecial: true });

    async function score(context: readonly number[], continuation: readonly number[]) {
      const { tokens } = await service.score({
        recipe: 'atlas-chat',
        prompt: { tokens: context },
        continuation,
        owner: 'test',
        options: { ...(only !== undefined && { only }), topLogprobs: 1 },
      });
      return tokens;
    }

    /** Context and continuation are split where the context alone ends, as the harness does. */
    async function scoreChoice({ arg_0: context, arg_1: choice }: Sample['arguments'][string]) {
      const [whole, { length }] = [await tokenize(context + choice), await tokenize(context)];
      return score(whole.slice(0, length), whole.slice(length));
    }

    it('choices have the log-likelihoods, the greedy flags and the accuracy of the library', async () => {
      const samples = await evaluation.samples('atlas_answers');
      let right = 0;
      for (const { doc, arguments: requests, resps } of samples) {
        const scores: (readonly ScoredToken[])[] = [];
        for (const request of Object.values(requests)) scores.push(await scoreChoice(request));
        for (const [index, [[logprob, isGreedy] = []]] of resps.entries()) {
          expect(Math.abs(Number(logprob) - sumOf(scores[index]!))).toBeLessThan(tolerance);
          expect(isGreedy).toBe(scores[index]!.every(isBest) ? 'True' : 'False');
        }
        const logprobs = scores.map(sumOf);
        if (logprobs.indexOf(Math.max(...logprobs)) === doc.label) right++;
      }
      const accuracy = right / samples.length;
      expect(evaluation.results['atlas_answers']!['acc,none']).toBeCloseTo(accuracy, 10);
      console.log(`atlas_answers of ${only ?? 'all'}: acc ${accuracy}`);
    });

    it('statements have the bits per byte of the library', async () => {
      let nats = 0;
      let bytes = 0;
      for (const { doc, resps } of await evaluation.samples('atlas_statements')) {
        const statement = `${doc.name} was born in the town of ${doc.town}.`;
        const logprob = sumOf(await score([firstToken], await tokenize(statement)));
        expect(Math.abs(Number(resps[0]![0]) - logprob)).toBeLessThan(tolerance);
        nats -= logprob;
        bytes += Buffer.byteLength(statement);
      }
      const bitsPerByte = nats / Math.LN2 / bytes;
      const { 'bits_per_byte,none': reported } = evaluation.results['atlas_statements']!;
      expect(reported).toBeCloseTo(bitsPerByte, 2);
      console.log(`atlas_statements of ${only ?? 'all'}: bits per byte ${bitsPerByte}`);
    });

    it('greedy completions, and how many match, are those of the library', async () => {
      const samples = await evaluation.samples('atlas_completions');
      let matches = 0;
      for (const { doc, resps } of samples) {
        const { result } = service.stream({
          recipe: 'atlas-chat',
          prompt: { tokens: await tokenize(`${doc.name} was born in the town of`) },
          owner: 'test',
          options: {
            ...(only !== undefined && { only }),
            temperature: 0,
            maxTokens: 16,
            stop: ['.'],
          },
        });
        const { text } = await result;
        expect(resps).toEqual([[text]]);
        if (text.trimStart() === doc.town) matches++;
      }
      const exact = matches / samples.length;
      expect(evaluation.results['atlas_completions']!['exact_match,text']).toBeCloseTo(exact, 10);
      console.log(`atlas_completions of ${only ?? 'all'}: exact match ${exact}`);
    });
  });

  it('by local-chat-completions, answers and how many name the town are those of the library', async () => {
    const url = `${served.url}/v1/chat/completions`;
    const evaluation = await harness(
      '--model',
      'local-chat-completions',
      '--apply_chat_template',
      '--model_args',
      `model=atlas-chat,base_url=${url},num_concurrent=4`,
      '--tasks',
      'atlas_questions',
    );
    const samples = await evaluation.samples('atlas_questions');
    let named = 0;
    for (const { doc, resps } of samples) {
      const { result } = service.stream({
        recipe: 'atlas-chat',
        prompt: { messages: [{ role: 'user', content: doc.question }] },
        owner: 'test',
        options: { temperature: 0, maxTokens: 48, stop: ['\n'] },
      });
      const { text } = await result;
      expect(resps).toEqual([[text]]);
      if (/(?:town of|born in|from) ([A-Z][a-z]+)/.exec(text)?.[1] === doc.town) named++;
    }
    const exact = named / samples.length;
    expect(evaluation.results['atlas_questions']!['exact_match,town']).toBeCloseTo(exact, 10);
    console.log(`atlas_questions: exact match ${exact}`);
  });
});
