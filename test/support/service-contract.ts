import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ServiceOptions } from '../../src/service/index.ts';
import { resolveRecipe } from '../../src/recipe/index.ts';
import {
  ContextLengthError,
  DisposedError,
  GgufError,
  InvalidOptionError,
  ModelNotFoundError,
  QueueFullError,
  RecipeError,
  type GenerateServiceRequest,
  type GenerationChunk,
  type InferenceService,
  type ServiceStream,
} from '../../src/spec/index.ts';
import {
  answer,
  endless,
  endlessLength,
  question,
  recipeFile,
  shippedRecipes,
} from './atlas-requests.ts';
import { temporaryFolder, writeTinyModel } from './random-models.ts';

/** Resolves when `isTrue` is; whoever waits for ever is ended by the test runner. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const ended = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

async function readAll(stream: ServiceStream): Promise<GenerationChunk[]> {
  const chunks: GenerationChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** What every {@link InferenceService} does, wherever its engine runs. */
export function describeService(
  where: string,
  create: (options: ServiceOptions) => Promise<InferenceService>,
): void {
  describe(`the engine in ${where}`, () => {
    let service: InferenceService;

    beforeAll(async () => {
      service = await create({ recipes: shippedRecipes });
    });
    afterAll(() => service[Symbol.asyncDispose]());

    const isIdle = () => service.status.stats.running + service.status.stats.queued === 0;

    it('describes its recipes before and after loading', async () => {
      const [before] = service.recipes();
      expect(before).toMatchObject({
        name: 'atlas-chat',
        state: 'unloaded',
        failure: null,
        base: 'large',
        formula: 'large + alpha * (chat - small)',
        params: { alpha: { default: 0.7, min: 0, max: 2 } },
        modelNames: ['large', 'chat', 'small'],
        models: [],
      });
      const loads = [service.load('atlas-chat'), service.load('atlas-chat')];
      const [after] = await Promise.all(loads);
      expect(after).toMatchObject({ state: 'ready' });
      expect(after!.models.map(({ file }) => file)).toEqual([
        'atlas-large.gguf',
        'atlas-small-chat.gguf',
        'atlas-small.gguf',
      ]);
      expect(service.recipes()[0]).toEqual(after);
      expect(service.status).toMatchObject({ state: 'ready', restarts: 0 });
    });

    it('answers, and its stream is its result', async () => {
      const stream = service.stream(question);
      const chunks = await readAll(stream);
      const result = await stream.result;
      expect(result).toMatchObject({ text: answer, finishReason: 'stop' });
      expect(chunks.map(({ text }) => text).join('')).toBe(answer);
      expect(chunks.flatMap(({ tokens }) => tokens)).toEqual(result.tokens);
      expect(chunks.length).toBeGreaterThan(1);
      expect(await service.stream(question).result).toMatchObject({ text: answer });
    });

    it('gives a stream that is read after its end in whole', async () => {
      const stream = service.stream({ ...question, options: { logprobs: true } });
      const { tokens } = await stream.result;
      const chunks = await readAll(stream);
      expect(chunks.map(({ text }) => text).join('')).toBe(answer);
      expect(chunks.flatMap((chunk) => chunk.tokens)).toEqual(tokens);
    });

    it('reports what was asked for: traces, alternatives, log-probs', async () => {
      const options = { trace: true, topLogprobs: 3, maxTokens: 4 };
      const { tokens } = await service.stream({ ...question, options }).result;
      expect(tokens).toHaveLength(4);
      for (const { logprob, topLogprobs, trace } of tokens) {
        expect(topLogprobs![0]!.logprob).toBe(logprob);
        expect(trace!.terms.map(({ model }) => model)).toEqual(['large', 'chat', 'small']);
        expect(Number.isFinite(trace!.kl)).toBe(true);
      }
    });

    it('composes by params, and alpha 0 is the base alone', async () => {
      const ask = async (options: GenerateServiceRequest['options']) =>
        (await service.stream({ ...question, options: { maxTokens: 30, ...options } }).result)
          .tokens;
      expect(await ask({ params: { alpha: 0 } })).toEqual(await ask({ only: 'large' }));
      expect(await ask({ params: { alpha: 0 } })).not.toEqual(await ask({}));
    });

    it('scores', async () => {
      const request = { ...question, continuation: answer, options: { topLogprobs: 2 } };
      const score = await service.score(request);
      expect(score.isGreedy).toBe(true);
      expect(score.tokens.map(({ text }) => text).join('')).toBe(answer);
      expect(score.tokens[0]!.topLogprobs).toHaveLength(2);
      const other = await service.score({ ...request, continuation: ' No.' });
      expect(other.logprob).toBeLessThan(score.tokens[0]!.logprob);
    });

    it('tokenizes and detokenizes', async () => {
      const options = { addSpecial: false, parseSpecial: false };
      const text = 'Mada Norrar, née Ødegård 🌊';
      const tokens = await service.tokenize('atlas-chat', text, options);
      expect(await service.detokenize('atlas-chat', tokens, {})).toBe(text);
      const ofChat = { ...options, only: 'chat' };
      expect(await service.tokenize('atlas-chat', text, ofChat)).toEqual(tokens);
      expect(await service.detokenize('atlas-chat', tokens, { only: 'chat' })).toBe(text);
    });

    it('tokenizes and detokenizes no more than is stated, and what must fit only if it does', async () => {
      const options = { addSpecial: true, parseSpecial: true };
      const tokenize = (text: string, mustFit = false) =>
        service.tokenize('atlas-chat', text, { ...options, mustFit });
      const marks = '<|user|>'.repeat(20_000);
      expect(await tokenize(marks)).toHaveLength(20_001);
      await expect(tokenize(marks, true)).rejects.toThrow(ContextLengthError);
      await expect(tokenize('a '.repeat(2 ** 19 + 1))).rejects.toThrow('at most 1048576');
      const many = Array.from({ length: 2 ** 18 + 1 }, () => 300);
      await expect(service.detokenize('atlas-chat', many, {})).rejects.toThrow('at most 262144');
    });

    it('keeps what it computed for one owner from another', async () => {
      const cached = async (owner: string) => {
        const prompt = 'Which society did Mada Norrar belong to?';
        const { usage } = await service.stream({ ...question, prompt, owner }).result;
        return usage.models['large']!.cachedTokens;
      };
      expect(await cached('bob')).toBe(0);
      expect(await cached('eve')).toBe(0);
      expect(await cached('bob')).toBeGreaterThan(0);
    });

    it('31: an aborted request rejects with the reason and stops decoding', async () => {
      const controller = new AbortController();
      const reason = new Error('The client has gone.');
      const before = service.status.stats.decodedTokens;
      const stream = service.stream({ ...endless, signal: controller.signal });
      const error = await ended(
        (async () => {
          for await (const { tokens } of stream) if (tokens.length > 0) controller.abort(reason);
        })(),
      );
      expect(error).toBe(reason);
      expect(await ended(stream.result)).toBe(reason);
      expect((await service.stream(question).result).text).toBe(answer);
      await until(isIdle);
      expect(service.status.stats.decodedTokens - before).toBeLessThan(endlessLength / 2);
    });

    it('rejects a request whose signal is aborted already', async () => {
      const reason = new Error('too late');
      const signal = AbortSignal.abort(reason);
      expect(await ended(service.stream({ ...question, signal }).result)).toBe(reason);
      const score = { ...question, continuation: ' No.', options: {}, signal };
      expect(await ended(service.score(score))).toBe(reason);
    });

    it('31: leaving the iteration ends the generation', async () => {
      const stream = service.stream(endless);
      for await (const { tokens } of stream) if (tokens.length > 0) break;
      expect(await ended(stream.result)).toMatchObject({ name: 'AbortError' });
      await until(isIdle);
      expect((await service.stream(question).result).text).toBe(answer);
    });

    it('32: a slow reader makes its generation wait, and gets everything', async () => {
      const { decodedTokens } = service.status.stats;
      const stream = service.stream(endless);
      const chunks = stream[Symbol.asyncIterator]();
      const read = [await chunks.next()];
      let seen = -1;
      let same = 0;
      while (same < 100) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        const now = service.status.stats.decodedTokens;
        same = now === seen ? same + 1 : 0;
        seen = now;
      }
      expect(service.status.stats.running).toBe(1);
      expect(seen - decodedTokens).toBeLessThan(endlessLength - 100);
      // Another request is not held up.
      expect((await service.stream(question).result).text).toBe(answer);
      for (let next = read[0]!; next.done !== true; read.push(next)) next = await chunks.next();
      const { tokens } = await stream.result;
      expect(tokens).toHaveLength(endlessLength);
      expect(read.flatMap(({ value }) => value?.tokens ?? [])).toEqual(tokens);
    });

    it('10: an unknown recipe is not found, with a suggestion', async () => {
      const request = { ...question, recipe: 'atlas-cat' };
      const error = await ended(service.stream(request).result);
      expect(error).toBeInstanceOf(ModelNotFoundError);
      expect((error as Error).message).toContain('Did you mean `atlas-chat`?');
      expect(await ended(readAll(service.stream(request)))).toBeInstanceOf(ModelNotFoundError);
      expect(await ended(service.load('nothing'))).toMatchObject({ code: 'model_not_found' });
    });

    it('refuses bad options with their names', async () => {
      const ask = (options: object) => ended(service.stream({ ...question, options }).result);
      const error = await ask({ params: { alpha: 3 } });
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error).toMatchObject({ code: 'invalid_option', option: 'params.alpha' });
      expect(await ask({ temperature: NaN })).toMatchObject({ option: 'temperature' });
      expect(await ask({ temprature: 1 })).toMatchObject({ option: 'temprature' });
      expect(await ask({ only: 'larg' })).toBeInstanceOf(InvalidOptionError);
      expect(
        await ended(readAll(service.stream({ ...question, options: { topK: -1 } }))),
      ).toBeInstanceOf(InvalidOptionError);
      const prompt = { text: 'a '.repeat(5000) };
      expect(await ended(service.stream({ ...question, prompt }).result)).toBeInstanceOf(
        ContextLengthError,
      );
    });

    it('serves several recipes; one is unloaded once its requests have ended, and loaded again', async () => {
      const masked = { ...question, recipe: 'atlas-masked' };
      const { text } = await service.stream(masked).result;
      expect(text).toContain('Stoneford');
      const running = service.stream(question);
      const unloading = service.unload('atlas-chat');
      expect((await running.result).text).toBe(answer);
      await unloading;
      expect(service.recipes().map(({ state }) => state)).toEqual(['unloaded', 'ready']);
      expect((await service.stream(masked).result).text).toBe(text);
      expect((await service.stream(question).result).text).toBe(answer);
      expect(service.recipes().map(({ state }) => state)).toEqual(['ready', 'ready']);
    });

    it('17: a load that fails says why, and is tried again', async () => {
      await using folder = await temporaryFolder();
      const file = path.join(folder.path, 'forged.gguf');
      await writeFile(file, 'GGUF, or so it says');
      const document = {
        name: 'forged',
        models: { only: { file, prompt: 'raw' as const } },
        base: 'only',
        sampling: { temperature: 0 },
      };
      const recipe = resolveRecipe(document, { directory: folder.path });
      await using forging = await create({ recipes: [recipe] });
      const error = await ended(forging.load('forged'));
      expect(error).toBeInstanceOf(GgufError);
      expect(forging.recipes()[0]).toMatchObject({
        state: 'failed',
        failure: { code: 'invalid_gguf', message: (error as Error).message },
      });
      await writeTinyModel(folder.path, 'forged');
      const request = { recipe: 'forged', prompt: 'hi', owner: '', options: { maxTokens: 3 } };
      expect((await forging.stream(request).result).tokens.length).toBeGreaterThan(0);
      expect(forging.recipes()[0]).toMatchObject({ state: 'ready', failure: null });
    });

    it('30: a full queue refuses, and says when to come again', async () => {
      const options = { recipes: shippedRecipes, engineOptions: { maxQueue: 2 } };
      await using small = await create(options);
      await small.load('atlas-chat');
      const results = Array.from({ length: 12 }, () => small.stream(question).result);
      const settled = await Promise.allSettled(results);
      const refused = settled.filter((one) => one.status === 'rejected').map((one) => one.reason);
      const answered = settled.filter((one) => one.status === 'fulfilled');
      expect(answered.length).toBeGreaterThan(0);
      expect(refused.length).toBeGreaterThan(0);
      for (const { value } of answered) expect(value.text).toBe(answer);
      for (const error of refused) {
        expect(error).toBeInstanceOf(QueueFullError);
        expect(error).toMatchObject({ code: 'queue_full', retryAfterSeconds: 1 });
      }
      expect((await small.stream(question).result).text).toBe(answer);
    });

    it('refuses recipes it cannot serve before it starts', async () => {
      const twice = create({ recipes: [shippedRecipes[0]!, shippedRecipes[0]!] });
      expect(await ended(twice)).toBeInstanceOf(InvalidOptionError);
      const missing = create({ recipes: [recipeFile('nothing')] });
      expect(await ended(missing)).toBeInstanceOf(RecipeError);
    });

    it('ends what runs when it is disposed of, and takes no more', async () => {
      const closing = await create({ recipes: shippedRecipes });
      const stream = closing.stream(endless);
      const chunks = stream[Symbol.asyncIterator]();
      await chunks.next();
      const disposing = closing[Symbol.asyncDispose]();
      expect(await ended(stream.result)).toBeInstanceOf(DisposedError);
      await disposing;
      expect(closing.status).toMatchObject({ state: 'stopped', enginePid: null });
      expect(await ended(closing.stream(question).result)).toBeInstanceOf(DisposedError);
      expect(await ended(closing.load('atlas-chat'))).toBeInstanceOf(DisposedError);
      await closing[Symbol.asyncDispose]();
    });
  });
}
