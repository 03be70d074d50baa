import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { applyBasis, formatBasis, type Basis } from '../../preference/index.ts';
import { readBasisHeads } from './basis-heads.ts';

const basis: Basis = {
  format: 'trimtab-preference-basis',
  version: 1,
  names: ['warm', 'dry'],
  center: [1, -2],
  scale: [0.5, 4],
  weights: [
    [0.5, -1],
    [3, 0.25],
  ],
  prior: {
    mean: [0, 0],
    covariance: [
      [1, 0],
      [0, 1],
    ],
  },
  tieProbability: 0.2,
  provenance: {
    features: 'hidden state of small.gguf',
    comparisons: 'made up',
    users: 2,
    pairs: 2,
    answers: 2,
    seed: 0,
    heldOut: { answers: 0, accuracy: null, accuracyOfMean: null },
  },
};

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-basis-'));
  file = path.join(folder, 'basis.json');
});
afterAll(() => rm(folder, { recursive: true }));

it('makes every dimension a head that gives its φ', async () => {
  await writeFile(file, formatBasis(basis));
  const heads = await readBasisHeads(file, 2);
  expect(heads.map(({ name }) => name)).toEqual(['warm', 'dry']);
  const state = Float32Array.of(3, 7);
  expect(heads.map((head) => head.value(state))).toEqual(applyBasis(basis, state));
});

it.each<[says: string, text: string, width: number]>([
  ['small.gguf', formatBasis(basis), 3],
  ['no JSON', '{', 2],
  ['format', '{}', 2],
])('refuses a file that does not fit: %s', async (says, text, width) => {
  await writeFile(file, text);
  const reading = readBasisHeads(file, width);
  await expect(reading).rejects.toMatchObject({ name: 'InvalidOptionError', option: 'headFile' });
  await expect(reading).rejects.toThrow(says);
  await expect(reading).rejects.toThrow(file);
});
