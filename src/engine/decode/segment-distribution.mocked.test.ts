import { afterEach, describe, expect, it, vi } from 'vitest';

import { enumerateDraws, type Draw } from '../../../test/support/enumerate-draws.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { resolveRecipe } from '../../recipe/index.ts';
import { functionReward } from '../../reward/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const draws = vi.hoisted(() => ({ uniformAt: undefined as Draw | undefined }));

vi.mock(import('../../math/index.ts'), async (importOriginal) => {
  const math = await importOriginal();
  return {
    ...math,
    uniformAt: (seed, counter) => (draws.uniformAt ?? math.uniformAt)(seed, counter),
    createRowKernels: (length, count) => {
      const kernels = math.createRowKernels(length, count);
      return {
        ...kernels,
        // A token by one number, its quantile: what is enumerated.
        race: (row, scale, { seed, position, attempt }) => {
          const { weights, sum } = kernels.exponentials(row, scale);
          let left = sum * draws.uniformAt!(seed, position + attempt * 2 ** 32);
          return weights.findIndex((weight) => (left -= weight) < 0);
        },
      };
    },
  };
});

afterEach(() => {
  draws.uniformAt = undefined;
});

type Distribution = ReadonlyMap<string, number>;

interface Settings {
  /** Tokens of a segment, and of the answer. */
  readonly segment: number;
  readonly length: number;
  readonly maxTries: number;
  /** Of every text that a segment may end with: a multiple of `1 / levels`. */
  readonly acceptance: (text: string) => number;
  /** 2 by default. */
  readonly levels?: number;
}

const threshold = 0;
const beta = 1;

/** A reward with `min(1, exp((reward - threshold) / beta))` = acceptance; among the refused, `b`s are better. */
function rewardOf(text: string, { acceptance }: Settings): number {
  const accepted = acceptance(text);
  if (accepted === 0) return -1000 + text.replaceAll('a', '').length;
  return threshold + beta * Math.log(accepted);
}

/** What the engine answers, over all values of all numbers that it draws. */
async function answersOf(settings: Settings): Promise<Distribution> {
  const vocabulary = pieceVocabulary([Buffer.from('a'), Buffer.from('b')]);
  const logits = () => [0, 0, -Infinity, -Infinity].map((x) => Math.max(x, -1e4));
  const { loader } = fakeLoader({ base: { vocabulary, logits } });
  const { segment, length, maxTries, levels = 2 } = settings;
  const recipe = resolveRecipe(
    {
      models: { base: { file: 'base', prompt: 'raw' } },
      base: 'base',
      formula: 'base',
      sampling: { temperature: 1, seed: 1 },
      guidance: { method: 'segments', maxTokens: segment, maxTries, entropy: 99, threshold, beta },
    },
    { directory: '/nowhere' },
  );
  const reward = functionReward({
    name: 'judge',
    score: (texts) => texts.map((text) => rewardOf(text, settings)),
  });
  await using trimtab = await LoadedRecipe.load(recipe, { loader, rewards: { judge: { reward } } });
  const values = Array.from({ length: levels }, (_, i) => (i + 0.5) / levels);
  return await enumerateDraws(values, async (uniformAt) => {
    draws.uniformAt = uniformAt;
    const { text } = await trimtab.generate('a', { maxTokens: length });
    return text;
  });
}

/** What is documented: tries until one is accepted; of `maxTries` refused ones the best, the first among equals. */
function documented(settings: Settings, prefix = ''): Distribution {
  const { segment, length, maxTries, acceptance } = settings;
  if (prefix.length === length) return new Map([[prefix, 1]]);
  const count = Math.min(segment, length - prefix.length);
  const segments = Array.from({ length: 2 ** count }, (_, i) =>
    Array.from({ length: count }, (__, place) => 'ab'[(i >> place) & 1]).join(''),
  );
  const taken = new Map<string, number>();
  const tryOnce = (before: readonly string[], mass: number): void => {
    for (const own of segments) {
      const share = mass / segments.length;
      const text = prefix + own;
      const tries = [...before, text];
      const accepted = acceptance(text);
      add(taken, text, share * accepted);
      if (accepted === 1) continue;
      if (tries.length < maxTries) tryOnce(tries, share * (1 - accepted));
      else add(taken, best(tries, settings), share * (1 - accepted));
    }
  };
  tryOnce([], 1);
  const answers = new Map<string, number>();
  for (const [text, mass] of taken) {
    for (const [whole, share] of documented(settings, text)) add(answers, whole, mass * share);
  }
  return answers;
}

function best(tries: readonly string[], settings: Settings): string {
  const rewards = tries.map((text) => rewardOf(text, settings));
  return tries[rewards.indexOf(Math.max(...rewards))]!;
}

function add(masses: Map<string, number>, text: string, mass: number): void {
  if (mass > 0) masses.set(text, (masses.get(text) ?? 0) + mass);
}

describe('guidance by segments has the documented distribution, whatever is drawn', () => {
  const one = { segment: 2, length: 2 };
  it.each<[name: string, settings: Settings]>([
    [
      'half of what begins with a, and nothing else, is accepted',
      { ...one, maxTries: 2, acceptance: (text) => (text.startsWith('a') ? 0.5 : 0) },
    ],
    [
      'three tries, one segment accepted',
      { ...one, maxTries: 3, acceptance: (text) => (text === 'ab' ? 0.5 : 0) },
    ],
    ['everything is accepted half of the time', { ...one, maxTries: 3, acceptance: () => 0.5 }],
    ['nothing is ever accepted', { ...one, maxTries: 3, acceptance: () => 0 }],
    [
      'every try is judged by a number of its own',
      {
        segment: 1,
        length: 1,
        maxTries: 2,
        acceptance: (text) => (text === 'a' ? 0.75 : 0.25),
        levels: 4,
      },
    ],
    ['everything is accepted at once', { ...one, maxTries: 3, acceptance: () => 1 }],
    [
      'several segments, each judged with those before it',
      {
        segment: 1,
        length: 2,
        maxTries: 2,
        acceptance: (text) => (text.endsWith('ab') ? 1 : text.endsWith('a') ? 0.5 : 0),
      },
    ],
    [
      'the last segment is short',
      { segment: 2, length: 3, maxTries: 2, acceptance: (text) => (text.endsWith('b') ? 0.5 : 0) },
    ],
  ])('%s', { tags: ['slow'] }, async (_, settings) => {
    const answers = await answersOf(settings);
    const expected = documented(settings);
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(expected));
  });
});
