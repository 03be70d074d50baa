import { describe, expect, it } from 'vitest';

import { writeCalibration, writeRewardScales, type Calibration } from './calibration.ts';
import { parseRecipe } from './load.ts';
import { withPlainScales } from './plain-scales.ts';

const calibration: Calibration = {
  date: '2026-01-02',
  version: '1.2.3',
  params: { alpha: 0.6 },
  objective: 'contains of questions',
  development: { value: 0.9, from: 0.8, to: 0.95, items: 40, content: '0123456789012345' },
};

const head = `# How to answer.
models:
  large: large.gguf # knows
  chat:  chat.gguf
  small: small.gguf
base: large
expert: chat
antiExpert: small
`;

const read = (text: string) => parseRecipe(text, { directory: '/' });

it.each([
  ['a map', 'params:\n  alpha: { default: 1, min: 0, max: 2 } # strength\n'],
  ['a number', 'params:\n  alpha: 1 # strength\n  beta: 3\n'],
  ['nothing', ''],
])('writes a param that is %s, and leaves the rest', (_, params) => {
  const text = `${head}${params}\n# Greedy.\nsampling: { temperature: 0 }\n`;
  const written = writeCalibration(text, read(text), calibration);
  const recipe = read(written);
  expect(recipe.params.get('alpha')).toEqual({
    ...read(text).params.get('alpha')!,
    default: 0.6,
    ...(params === '' && { description: null }),
  });
  const kept = text.split('\n').filter((line) => !line.includes('alpha') && line !== '');
  expect(written.split('\n')).toEqual(
    expect.arrayContaining(kept.map((line) => line.replace(':  ', ': '))),
  );
  expect(written.match(/# strength/g)).toEqual(params.match(/# strength/g));
});

it('replaces what was calibrated before', () => {
  const once = writeCalibration(head, read(head), calibration);
  const again = {
    ...calibration,
    params: { alpha: 0.5 },
    objective: 'mc1',
    constraints: ['a <= 1'],
  };
  const twice = writeCalibration(once, read(once), again);
  expect(read(twice).params.get('alpha')?.default).toBe(0.5);
  expect(twice.match(/calibration:/g)).toHaveLength(1);
  expect(twice).not.toContain('contains');
  expect(() => read(twice.replace('objective: mc1', 'aim: mc1'))).toThrow(/calibration/);
});

describe('scales of rewards', () => {
  const rewards = `${head}rewards:
  # What is warm.
  warm: { attribute: chat, neutral: other, weight: 0 } # by prompts
  long:
    length: { target: 9 } # words
    normalization: { mean: 1, deviation: 2 }
`.replace('small: small.gguf', 'small: small.gguf\n  other: { file: chat.gguf, system: null }');

  it('are written into a map of either style, and the rest stays', () => {
    const written = writeRewardScales(rewards, {
      warm: { mean: -0.05, deviation: 0.25, answerTokens: 41 },
      long: { mean: -3, deviation: 1.5 },
    });
    const { warm, long } = Object.fromEntries(read(written).rewards);
    expect(warm).toMatchObject({
      source: { answerTokens: 41 },
      normalization: { mean: -0.05, deviation: 0.25 },
    });
    expect(long!.normalization).toEqual({ mean: -3, deviation: 1.5 });
    for (const comment of ['# How to answer.', '# What is warm.', '# by prompts', '# words']) {
      expect(written).toContain(comment);
    }
    expect(written).toContain('    normalization: { mean: -3, deviation: 1.5 }\n');
    expect(writeRewardScales(written, {})).toBe(written);
  });

  it('need a reward that is written out', () => {
    const aliased = rewards.replace('warm: {', 'warm: &w {').replace(/long:[^]*/, 'long: *w\n');
    const write = () => writeRewardScales(aliased, { long: { mean: 0, deviation: 1 } });
    expect(write).toThrow(/rewards\.long is written elsewhere/);
  });
});

describe('a recipe without scales', () => {
  const document = {
    rewards: {
      warm: { attribute: 'a', neutral: 'b' },
      long: { length: { target: 9 }, normalization: { mean: 1, deviation: 2 } },
      odd: 5,
    },
    base: 'a',
  };
  const plain = { mean: 0, deviation: 1 };

  it('gives plain values where scales are missing, or everywhere', () => {
    const warm = { ...document.rewards.warm, normalization: plain, answerTokens: 1 };
    expect(withPlainScales(document, 'missing')).toEqual({
      document: { ...document, rewards: { ...document.rewards, warm } },
      rewards: ['warm'],
    });
    expect(withPlainScales(document, 'all')).toEqual({
      document: {
        ...document,
        rewards: { warm, long: { ...document.rewards.long, normalization: plain }, odd: 5 },
      },
      rewards: ['warm', 'long'],
    });
  });

  it.each([null, 5, 'text', [], {}, { rewards: [] }, { rewards: null }])('may be %j', (given) => {
    expect(withPlainScales(given, 'all')).toEqual({ document: given, rewards: [] });
  });
});
