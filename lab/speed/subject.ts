import {
  LoadedRecipe,
  type Extension,
  type GenerateOptions,
  type ModelContext,
  type Recipe,
  type Sequence,
  type TokenId,
} from '../../src/index.ts';
import { processorSince, type StepCost } from '../shared/measure.ts';
import { sum } from '../shared/numbers.ts';
import { watchContexts } from '../shared/watched-contexts.ts';

/** What one step took, in milliseconds. */
export interface Cost extends StepCost {
  /** Of `elapsed`, inside the models' forwards. */
  readonly forwards: number;
}

export interface SubjectOptions {
  readonly recipe: Recipe;
  /** Generations at once, at most; the recipe's contexts hold twice as many sequences. */
  readonly most: number;
  readonly promptTokens: number;
  /** Tokens decoded in one measurement, each prompt's first one not counted. */
  readonly steps: number;
}

/** A loaded recipe, and its very contexts to run without it. */
export interface Subject extends AsyncDisposable {
  readonly trimtab: LoadedRecipe;
  readonly contexts: readonly ModelContext[];
  /** One step of `count` generations at once, everything included. */
  composed(count: number, options?: GenerateOptions): Promise<Cost>;
  /** The same, read as a stream of text. */
  streamed(count: number): Promise<Cost>;
  /** The forwards of such a step alone: one `extend` per model, in turn. */
  bare(count: number): Promise<Cost>;
  /** Token ids that no model gives a special meaning; another list for another `seed`. */
  readonly prompt: (length: number, seed: number) => readonly TokenId[];
  /** Options under which a generation has exactly `tokens` tokens. */
  readonly exactly: (tokens: number) => GenerateOptions;
}

export async function loadSubject({
  recipe,
  most,
  promptTokens,
  steps,
}: SubjectOptions): Promise<Subject> {
  const contexts: ModelContext[] = [];
  const trimtab = await LoadedRecipe.load(recipe, {
    loader: watchContexts((context) => contexts.push(context)),
  });
  const forwards = contexts.map(timeForwards);
  const { vocabulary } = contexts[0]!.model;
  const ends = vocabulary.special.endOfGeneration;
  const logitBias = Object.fromEntries(ends.map((tokenId) => [tokenId, -100]));
  const exactly = (tokens: number) => ({ maxTokens: tokens, logitBias });
  const prompt = (length: number, seed: number) =>
    Array.from({ length }, (_, i) => 300 + ((seed * 7919 + i * (131 + seed)) % 500));
  const prompts = Array.from({ length: most }, (_, i) => ({ tokens: prompt(promptTokens, i) }));

  const sequences = contexts.map((context) => prompts.map(() => context.createSequence()));
  const prefilled = contexts.map((context, i) =>
    context.extend(
      prompts.map(({ tokens }, j) => ({ sequence: sequences[i]![j]!, tokens, rows: 'none' })),
    ),
  );
  await Promise.all(prefilled);

  /** One forward per model and step, whatever came before them. */
  const inForwards = () => {
    return sum(forwards.flatMap((own) => own.splice(0).slice(-steps))) / steps;
  };
  /** Processor time has no beginning at the first token: it is that of the whole requests. */
  const cost = (start: NodeJS.CpuUsage, decodeMs: readonly number[]): Cost => ({
    elapsed: Math.max(...decodeMs) / steps,
    forwards: inForwards(),
    processor: processorSince(start) / (steps + 1),
  });

  return {
    trimtab,
    contexts,
    prompt,
    exactly,
    async composed(count, options = {}) {
      const start = process.cpuUsage();
      const results = await Promise.all(
        prompts
          .slice(0, count)
          .map((each) => trimtab.generate(each, { ...exactly(steps + 1), ...options })),
      );
      return cost(
        start,
        results.map(({ timings }) => timings.decodeMs),
      );
    },
    async streamed(count) {
      const start = process.cpuUsage();
      const streams = prompts
        .slice(0, count)
        .map((each) => trimtab.stream(each, exactly(steps + 1)));
      const times = streams.map(async (stream) => {
        let length = 0;
        for await (const { text } of stream) length += text.length;
        return length === 0 ? Number.NaN : (await stream.result).timings.decodeMs;
      });
      return cost(start, await Promise.all(times));
    },
    async bare(count) {
      const extensions = sequences.map((own) => firstOf(own, count, promptTokens));
      const used = process.cpuUsage();
      const start = performance.now();
      for (let step = 0; step < steps; step++) {
        for (const [i, context] of contexts.entries()) await context.extend(extensions[i]!);
      }
      const elapsed = (performance.now() - start) / steps;
      return { elapsed, forwards: inForwards(), processor: processorSince(used) / steps };
    },
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}

/** Keeps the milliseconds of every `extend` of a context, in order. */
function timeForwards(context: ModelContext): number[] {
  const times: number[] = [];
  const extend = context.extend.bind(context);
  context.extend = async (...given) => {
    const start = performance.now();
    const results = await extend(...given);
    times.push(performance.now() - start);
    return results;
  };
  return times;
}

/** One more token for the first `count` sequences, which hold their prompts and nothing else. */
function firstOf(sequences: readonly Sequence[], count: number, promptTokens: number): Extension[] {
  return sequences.slice(0, count).map((sequence) => {
    sequence.truncate(promptTokens);
    return { sequence, tokens: [300], rows: 'last' };
  });
}
