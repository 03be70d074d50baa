import { expect, it } from 'vitest';

import { writeCalibration, type Calibration } from './calibration.ts';
import { parseRecipe } from './load.ts';

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
