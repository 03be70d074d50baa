// Speeds of the library over one model, and of two views of it.
import {
  LoadedRecipe,
  resolveRecipe,
  type EngineSettings,
  type RecipeDocument,
} from '../../src/index.ts';
import { sum } from '../shared/numbers.ts';
import { watchContexts } from '../shared/watched-contexts.ts';
import type { Load, Speeds } from './llama-cpp.ts';

/** A loaded recipe that is measured. */
export interface Subject extends AsyncDisposable {
  speeds(load: Load): Promise<Speeds>;
  /** Milliseconds of a step, and those that it spends in forwards. */
  step(steps: number): Promise<{ readonly whole: number; readonly forwards: number }>;
}

/** One model alone. */
export function loadModelAlone(file: string, engine: EngineSettings): Promise<Subject> {
  return load({
    models: { base: { file, prompt: 'raw' } },
    base: 'base',
    engine,
    speculation: 'off',
  });
}

/** One file under two names, whose rows are composed: two lanes of one context. */
export function loadTwoViews(file: string, engine: EngineSettings): Promise<Subject> {
  return load({
    models: { told: { file, prompt: 'raw' }, plain: { file, prompt: 'raw' } },
    base: 'told',
    formula: '1.5 * told - 0.5 * plain',
    engine,
    speculation: 'off',
  });
}

async function load(document: RecipeDocument): Promise<Subject> {
  const forwards: number[] = [];
  const recipe = resolveRecipe({ name: 'peers', ...document }, { directory: '/' });
  const trimtab = await LoadedRecipe.load(recipe, {
    loader: watchContexts((context) => {
      const extend = context.extend.bind(context);
      context.extend = async (...given) => {
        const began = performance.now();
        const results = await extend(...given);
        forwards.push(performance.now() - began);
        return results;
      };
    }),
  });
  let seed = 0;
  /** Another one each time: none is in the cache. */
  const prompt = (length: number) => {
    seed++;
    return { tokens: Array.from({ length }, (_, i) => 300 + ((seed * 7919 + i * 131) % 900)) };
  };
  const generate = (length: number, tokens: number) =>
    trimtab.generate(prompt(length), { temperature: 0, maxTokens: tokens, minTokens: tokens });
  return {
    async speeds({ prompt: length, steps, streams }) {
      const answers = await Promise.all(
        Array.from({ length: streams }, () => generate(length, steps + 1)),
      );
      const slowest = (pick: (timings: (typeof answers)[0]['timings']) => number) =>
        Math.max(...answers.map(({ timings }) => pick(timings)));
      const untilFirstMs = slowest(({ queuedMs, prefillMs }) => queuedMs + prefillMs);
      return {
        prompt: (length * streams * 1000) / untilFirstMs,
        decode: (steps * streams * 1000) / slowest(({ decodeMs }) => decodeMs),
      };
    },
    async step(steps) {
      forwards.length = 0;
      const { timings } = await generate(8, steps + 1);
      return { whole: timings.decodeMs / steps, forwards: sum(forwards.slice(-steps)) / steps };
    },
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}
