import { describe, afterAll, beforeAll, expect, it } from 'vitest';

import type { Recipe } from '../../src/recipe/index.ts';
import type { ServiceOptions } from '../../src/service/index.ts';
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
  type Prompt,
  type ServiceStream,
} from '../../src/spec/index.ts';
import { until } from './until.ts';

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

/** A recipe whose file is no model, until it is mended. */
interface BrokenRecipe extends AsyncDisposable {
  readonly recipe: Recipe;
  mend(): Promise<void>;
}

/** What a service is asked in its tests: recipes of real files, or of fakes. */
export interface ServiceWorld {
  /** Two, both of which know the answer. */
  readonly recipes: readonly [string | Recipe, string | Recipe];
  readonly names: readonly [string, string];
  /** What is known of the first before it is loaded. */
  readonly described: object;
  /** Of the first, the base's first. */
  readonly files: readonly string[];
  readonly models: readonly string[];
  /** A question to the first recipe, and its greedy answer. */
  readonly question: GenerateServiceRequest;
  readonly answer: string;
  /** What the other one's answer contains. */
  readonly otherAnswer: string;
  /** An answer that fills the context. */
  readonly endless: GenerateServiceRequest;
  readonly endlessLength: number;
  /** A text of more tokens than the context has. */
  readonly long: { readonly text: string; readonly tokens: number };
  broken(): Promise<BrokenRecipe>;
  /** Lets no answer go on until it is disposed of; where there is none, answers take their time. */
  hold?(): Disposable;
}

/** What a service says no to, which others do; and whether what is between keeps its readers from holding it up. */
export interface ServiceLimits {
  readonly refuses?: readonly ('unload' | 'owner' | 'prompt' | 'topLogprobs' | 'mustFit')[];
  readonly isBuffered?: boolean;
}

/**
 * What every {@link InferenceService} does, wherever its engine runs. What one cannot do it refuses by its
 * name; that is looked at, too.
 */
export function describeService(
  where: string,
  world: ServiceWorld,
  create: (options: ServiceOptions) => Promise<InferenceService>,
  { refuses = [], isBuffered = false }: ServiceLimits = {},
): void {
  const { question, answer, endless, endlessLength, recipes } = world;
  const [first, second] = world.names;
  const [base, expert] = world.models as [string, string];

  describe(`the engine in ${where}`, () => {
    let service: InferenceService;

    beforeAll(async () => {
      service = await create({ recipes });
    });
    afterAll(() => service[Symbol.asyncDispose]());

    /** Whether the service refuses an option by its name; else it is to do what is asked. */
    const isRefused = async (option: (typeof refuses)[number], asked: () => Promise<unknown>) => {
      if (!refuses.includes(option)) return false;
      expect(await ended(asked())).toMatchObject({ code: 'invalid_option', option });
      return true;
    };

    /** Tokens decoded once a running answer goes no further. */
    const standstill = async (): Promise<number> => {
      let seen = -1;
      let same = 0;
      while (same < 30) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        const { decodedTokens, running } = service.status.stats;
        // A child's figures come a moment late.
        same = running === 1 && decodedTokens === seen ? same + 1 : 0;
        seen = decodedTokens;
      }
      return seen;
    };

    const isIdle = () => service.status.stats.running + service.status.stats.queued === 0;

    it('describes its recipes before and after loading', async () => {
      const [before] = service.recipes();
      expect(before).toMatchObject({
        name: first,
        state: 'unloaded',
        failure: null,
        base,
        modelNames: world.models,
        models: [],
        ...world.described,
      });
      const loads = [service.load(first), service.load(first)];
      const [after] = await Promise.all(loads);
      expect(after).toMatchObject({ state: 'ready' });
      expect(after!.models.map(({ file }) => file)).toEqual(world.files);
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
        expect(trace!.terms.map(({ model }) => model)).toEqual(world.models);
        expect(Number.isFinite(trace!.kl)).toBe(true);
      }
    });

    it('composes by params, and alpha 0 is the base alone', async () => {
      const ask = async (options: GenerateServiceRequest['options']) => {
        const asked = { maxTokens: 30, logprobs: true, ...options };
        return (await service.stream({ ...question, options: asked }).result).tokens;
      };
      const alone = await ask({ only: base });
      expect(alone.length).toBeGreaterThan(0);
      expect(await ask({ params: { alpha: 0 } })).toEqual(alone);
      expect(await ask({})).not.toEqual(alone);
    });

    it('chooses params at each token, and says how many it steered', async () => {
      const ask = async (options: GenerateServiceRequest['options']) => {
        const asked = { maxTokens: 6, trace: true, ...options };
        return service.stream({ ...question, options: asked }).result;
      };
      const textOf = async (options: GenerateServiceRequest['options']) =>
        (await ask(options)).text;
      const nowhere = await ask({ schedules: { alpha: { junctions: 99 } } });
      expect([nowhere.steeredTokens, nowhere.text]).toEqual([0, await textOf({ only: base })]);
      const chosen = nowhere.tokens.map(({ trace }) => trace!.params);
      expect(chosen).toEqual(nowhere.tokens.map(() => ({ alpha: 0 })));
      const everywhere = await ask({ schedules: { alpha: { junctions: 0 } } });
      expect([everywhere.steeredTokens, everywhere.text]).toEqual([6, await textOf({})]);
      const plain = await ask({ schedules: null });
      expect(plain.steeredTokens).toBeUndefined();
      expect(plain.tokens.some(({ trace }) => trace!.params !== undefined)).toBe(false);
      const prompt = await service.tokenize(first, question.prompt as string, {
        addSpecial: true,
        parseSpecial: false,
      });
      const given = { ...question, prompt: { tokens: prompt }, continuation: answer };
      const scored = await service.score({
        ...given,
        options: { schedules: { alpha: { junctions: 99 } } },
      });
      expect(scored).toEqual(await service.score({ ...given, options: { only: base } }));
      const refused = await ended(textOf({ schedules: { alhpa: { match: 'kl' } } }));
      expect(refused).toMatchObject({ code: 'invalid_option', option: 'schedules.alhpa' });
    });

    it('tells log-probs where they are asked for, and alternatives and traces where those are', async () => {
      const ask = async (options: GenerateServiceRequest['options']) => {
        const asked = { maxTokens: 3, ...options };
        return (await service.stream({ ...question, options: asked }).result).tokens;
      };
      const told = (await ask({ trace: true })).map(({ tokenId, text, logprob }) => ({
        tokenId,
        text,
        logprob,
      }));
      expect(await ask({ logprobs: true })).toEqual(told);
      const listed = await ask({ topLogprobs: 2 });
      for (const { topLogprobs, trace } of listed) {
        expect(topLogprobs).toHaveLength(2);
        expect(trace).toBeUndefined();
      }
      expect(listed.map(({ logprob }) => logprob)).toEqual(told.map(({ logprob }) => logprob));
    });

    it('scores', async () => {
      const special = { addSpecial: true, parseSpecial: false };
      const [prompt, asked] = await Promise.all(
        [question.prompt as string, answer].map((text, i) =>
          service.tokenize(first, text, { ...special, addSpecial: i === 0 }),
        ),
      );
      const request = {
        ...question,
        prompt: { tokens: prompt! },
        continuation: asked!,
        options: {},
      };
      const score = await service.score(request);
      expect(score.tokens.map(({ tokenId }) => tokenId)).toEqual(asked);
      expect(score.tokens.map(({ text }) => text).join('')).toBe(answer);
      const sum = score.tokens.reduce((total, { logprob }) => total + logprob, 0);
      expect(score.logprob).toBeCloseTo(sum, 9);
      expect(await service.score({ ...request, continuation: answer })).toEqual(score);
      const worse = await service.score({ ...request, continuation: `${answer}zzz` });
      expect(worse.isGreedy).toBe(false);
      expect(worse.logprob).toBeLessThan(score.logprob);
      const alone = { ...request, options: { only: base, params: {} } };
      expect((await service.score(alone)).logprob).not.toBe(score.logprob);
      expect(await ended(service.score({ ...request, continuation: [] }))).toMatchObject({
        option: 'continuation',
      });
    });

    it('scores what follows a chat, with alternatives', async () => {
      const request = { ...question, continuation: answer, options: {} };
      if (await isRefused('prompt', () => service.score(request))) return;
      const score = await service.score({ ...request, options: { topLogprobs: 2 } });
      expect(score.isGreedy).toBe(true);
      expect(score.tokens.map(({ text }) => text).join('')).toBe(answer);
      expect(score.tokens[0]!.topLogprobs).toHaveLength(2);
      const whole = { ...request, continuation: { answer } };
      const { tokens } = await service.score(whole);
      expect(tokens.slice(0, -1).map(({ tokenId }) => tokenId)).toEqual(
        score.tokens.map(({ tokenId }) => tokenId),
      );
      expect(tokens).toHaveLength(score.tokens.length + 1);
      const other = await service.score({ ...request, continuation: ' No.' });
      expect(other.logprob).toBeLessThan(score.tokens[0]!.logprob);
    });

    it('tokenizes and detokenizes', async () => {
      const options = { addSpecial: false, parseSpecial: false };
      const text = 'Mada Norrar, née Ødegård 🌊';
      const tokens = await service.tokenize(first, text, options);
      expect(await service.detokenize(first, tokens, {})).toBe(text);
      const alone = { ...options, only: expert };
      expect(await service.tokenize(first, text, alone)).toEqual(tokens);
      expect(await service.detokenize(first, tokens, { only: expert })).toBe(text);
    });

    it('tokenizes prompts as its answers count them', async () => {
      const asked = { role: 'user', content: question.prompt as string } as const;
      const prompts: Prompt[] = [
        question.prompt,
        { messages: [{ role: 'system', content: 'Be brief.' }, asked] },
        { text: 'Mada Norrar, née Ødegård' },
        { tokens: [1, 2, 3] },
      ];
      for (const prompt of prompts) {
        for (const only of [undefined, expert]) {
          const options = { maxTokens: 1, ...(only !== undefined && { only }) };
          const { usage } = await service.stream({ ...question, prompt, options }).result;
          const tokens = await service.tokenizePrompt(first, prompt, { only });
          expect(tokens).toHaveLength(usage.promptTokens);
        }
      }
      const empty = { messages: [] };
      expect(await ended(service.tokenizePrompt(first, empty, {}))).toMatchObject({
        code: 'invalid_option',
        option: 'messages',
      });
      const long = { messages: [{ ...asked, content: world.long.text }] };
      expect(await ended(service.tokenizePrompt(first, long, {}))).toBeInstanceOf(
        ContextLengthError,
      );
    });

    it('tokenizes and detokenizes no more than is stated, and what must fit only if it does', async () => {
      const options = { addSpecial: true, parseSpecial: true };
      const tokenize = (text: string, mustFit = false) =>
        service.tokenize(first, text, { ...options, mustFit });
      const { text, tokens } = world.long;
      expect(await tokenize(text)).toHaveLength(tokens);
      const isRefusedAnyway = await isRefused('mustFit', () => tokenize(text, true));
      await expect(tokenize(text, true)).rejects.toThrow(
        isRefusedAnyway ? InvalidOptionError : ContextLengthError,
      );
      await expect(tokenize('a '.repeat(2 ** 19 + 1))).rejects.toThrow('at most 1048576');
      const many = Array.from({ length: 2 ** 18 + 1 }, () => 100);
      await expect(service.detokenize(first, many, {})).rejects.toThrow('at most 262144');
    });

    it('keeps what it computed for one owner from another', async () => {
      const cached = async (owner: string) => {
        const prompt = 'Which society did Mada Norrar belong to?';
        const { usage } = await service.stream({ ...question, prompt, owner }).result;
        return usage.models[base]!.cachedTokens;
      };
      const { owner } = question;
      const before = await cached(owner);
      const isOne = await isRefused('owner', () => cached('eve'));
      expect(isOne ? 0 : await cached('eve')).toBe(0);
      expect(await cached(owner)).toBeGreaterThan(before);
    });

    it('31: an aborted request rejects with the reason and stops decoding', async () => {
      const controller = new AbortController();
      const reason = new Error('The client has gone.');
      const before = service.status.stats.decodedTokens;
      const stream = service.stream({ ...endless, signal: controller.signal });
      const error = await ended(
        (async () => {
          for await (const { text } of stream) if (text !== '') controller.abort(reason);
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
      for await (const { text } of stream) if (text !== '') break;
      expect(await ended(stream.result)).toMatchObject({ name: 'AbortError' });
      await until(isIdle);
      expect((await service.stream(question).result).text).toBe(answer);
    });

    it(
      '32: a slow reader makes its generation wait, and gets everything',
      { tags: ['slow'] },
      async () => {
        const { decodedTokens } = service.status.stats;
        // Without drafts, of which what is decoded in vain would count, too.
        const { options } = endless;
        const undrafted = { ...endless, options: { ...options, speculation: 'off' } };
        const stream = service.stream(isBuffered ? endless : undrafted);
        const chunks = stream[Symbol.asyncIterator]();
        const read = [await chunks.next()];
        // What is between may take the rest of an answer of this length.
        const seen = isBuffered ? decodedTokens : await standstill();
        expect(seen - decodedTokens).toBeLessThan(endlessLength - 100);
        // Another request is not held up.
        expect((await service.stream(question).result).text).toBe(answer);
        for (let next = read[0]!; next.done !== true; read.push(next)) next = await chunks.next();
        const { text, usage } = await stream.result;
        expect(usage.completionTokens).toBe(endlessLength);
        expect(read.map(({ value }) => value?.text ?? '').join('')).toBe(text);
      },
    );

    it('10: an unknown recipe is not found, with a suggestion', async () => {
      const request = { ...question, recipe: `${first}s` };
      const error = await ended(service.stream(request).result);
      expect(error).toBeInstanceOf(ModelNotFoundError);
      expect((error as Error).message).toContain(`Did you mean \`${first}\`?`);
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
      expect(await ask({ only: `${base}s` })).toMatchObject({ option: 'only' });
      expect(
        await ended(readAll(service.stream({ ...question, options: { topK: -1 } }))),
      ).toBeInstanceOf(InvalidOptionError);
      expect(await ask({ stop: [''] })).toMatchObject({ option: 'stop' });
      const prompt = { text: 'a '.repeat(5000) };
      expect(await ended(service.stream({ ...question, prompt }).result)).toBeInstanceOf(
        ContextLengthError,
      );
    });

    it('serves several recipes; one is unloaded once its requests have ended, and loaded again', async () => {
      if (await isRefused('unload', () => service.unload(first))) return;
      const masked = { ...question, recipe: second };
      const { text } = await service.stream(masked).result;
      expect(text).toContain(world.otherAnswer);
      const running = service.stream(question);
      const unloading = service.unload(first);
      expect((await running.result).text).toBe(answer);
      await unloading;
      expect(service.recipes().map(({ state }) => state)).toEqual(['unloaded', 'ready']);
      expect((await service.stream(masked).result).text).toBe(text);
      expect((await service.stream(question).result).text).toBe(answer);
      expect(service.recipes().map(({ state }) => state)).toEqual(['ready', 'ready']);
    });

    it('17: a load that fails says why, and is tried again', async () => {
      await using broken = await world.broken();
      const { recipe } = broken;
      await using forging = await create({ recipes: [recipe] });
      const error = await ended(forging.load(recipe.name));
      expect(error).toBeInstanceOf(GgufError);
      expect(forging.recipes()[0]).toMatchObject({
        state: 'failed',
        failure: { code: 'invalid_gguf', message: (error as Error).message },
      });
      await broken.mend();
      const request = { recipe: recipe.name, prompt: 'hi', owner: '', options: { maxTokens: 3 } };
      const { usage } = await forging.stream(request).result;
      expect(usage.completionTokens).toBeGreaterThan(0);
      expect(await forging.load(recipe.name)).toMatchObject({ state: 'ready', failure: null });
    });

    it('30: a full queue refuses, and says when to come again', async () => {
      const options = { recipes, engineOptions: { maxQueue: 2 } };
      await using small = await create(options);
      await small.load(first);
      const held = world.hold?.();
      const results = Array.from({ length: 12 }, () => small.stream(question).result);
      await Promise.any(results.map(async (result) => expect(await ended(result)).toBeDefined()));
      held?.[Symbol.dispose]();
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
      const twice = create({ recipes: [recipes[0], recipes[0]] });
      expect(await ended(twice)).toBeInstanceOf(InvalidOptionError);
      const missing = create({ recipes: ['/nowhere/nothing.yaml'] });
      expect(await ended(missing)).toBeInstanceOf(RecipeError);
    });

    it('ends what runs when it is disposed of, and takes no more', async () => {
      const closing = await create({ recipes });
      const stream = closing.stream(endless);
      const chunks = stream[Symbol.asyncIterator]();
      await chunks.next();
      const disposing = closing[Symbol.asyncDispose]();
      expect(await ended(stream.result)).toBeInstanceOf(DisposedError);
      await disposing;
      expect(closing.status).toMatchObject({ state: 'stopped', enginePid: null });
      expect(await ended(closing.stream(question).result)).toBeInstanceOf(DisposedError);
      expect(await ended(closing.load(first))).toBeInstanceOf(DisposedError);
      await closing[Symbol.asyncDispose]();
    });
  });
}
