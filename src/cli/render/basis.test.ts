import { expect, it } from 'vitest';

import type { Basis, HeldOutAccuracy } from '../../preference/index.ts';
import { renderBasis } from './basis.ts';

const basis = (heldOut: HeldOutAccuracy): Basis => ({
  format: 'trimtab-preference-basis',
  version: 1,
  names: ['short', 'kind'],
  center: [0],
  scale: [1],
  weights: [[1], [2]],
  prior: {
    mean: [-3, 0.126],
    covariance: [
      [16, 1],
      [1, 0.25],
    ],
  },
  tieProbability: 0.1,
  provenance: {
    features: 'made up',
    comparisons: 'simulated',
    users: 1200,
    pairs: 34,
    answers: 567,
    seed: 0,
    heldOut,
  },
});
const dim = (text: string) => `<${text}>`;

it('says what a basis was learned from, and how much each dimension moves choices', () => {
  const heldOut = { answers: 1234, accuracy: 0.756, accuracyOfMean: 0.6 };
  const plain = (text: string) => text;
  expect(renderBasis(basis(heldOut), 'a\nb.json', plain).join('\n')).toBe(
    String.raw`written   a\nb.json
users     1,200
pairs     34
answers   567
held out  76 % of 1,234 answers foretold; 60 % by the mean user

dimension  singular value  mean weight    sd
short                5.00        -3.00  4.00
kind                 0.52         0.13  0.50
In log-odds for a standard deviation of the dimension.`,
  );
});

it('names what is plain dimly, and an accuracy only where one was measured', () => {
  const lines = renderBasis(basis({ answers: 0, accuracy: null, accuracyOfMean: null }), 'b', dim);
  expect(lines[4]).toMatch(/^<held out> +nothing$/);
  expect(lines.at(-1)).toMatch(/^<.*>$/);
  expect(
    renderBasis(basis({ answers: 3, accuracy: 1, accuracyOfMean: null }), 'b', dim)[4],
  ).toMatch(/nothing$/);
  expect(
    renderBasis(basis({ answers: 3, accuracy: null, accuracyOfMean: 1 }), 'b', dim)[4],
  ).toMatch(/nothing$/);
});
