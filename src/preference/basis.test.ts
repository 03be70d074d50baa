import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';

import { uniformAt } from '../math/index.ts';
import { applyBasis, parseBasis, type Basis } from './basis.ts';
import type { Comparison, ComparisonData, FeaturePair } from './comparisons.ts';
import { fitBasis } from './fit-basis.ts';
import { answerProbabilities } from './likelihood.ts';

const users = 40;
const pairCount = 120;
const features = 12;
/** What users care about: two of the directions of feature space. */
const truth = [
  [1, 1, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0],
  [0, 0.5, -1, 0, 0, 0, 1, 0, 0, 0, 0.5, 0],
];

/** Answers of users with λ ~ N((1, 0), I), each to about two in five of the pairs. */
function simulate(seed: number): ComparisonData {
  let counter = 0;
  const uniform = () => uniformAt(seed, counter++);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const side = () => Array.from({ length: features }, (_, j) => 5 + (j + 1) * normal());
  const pairs: FeaturePair[] = Array.from({ length: pairCount }, () => ({
    first: side(),
    second: side(),
  }));
  const comparisons: Comparison[] = [];
  for (let user = 0; user < users; user++) {
    const lambda = [1 + normal(), normal()];
    for (const [pair, { first, second }] of pairs.entries()) {
      if (uniform() > 0.4) continue;
      const margin = truth.reduce(
        (sum, row, k) =>
          sum +
          lambda[k]! *
            row.reduce((total, w, j) => total + (w * (first[j]! - second[j]!)) / (j + 1), 0),
        0,
      );
      const { first: a, tie } = answerProbabilities(margin, 0.2);
      const draw = uniform();
      comparisons.push({
        user,
        pair,
        answer: draw < a ? 'first' : draw < a + tie ? 'tie' : 'second',
      });
    }
  }
  return { pairs, comparisons };
}

const options = { dimension: 2, features: 'made up', comparisons: 'simulated' };

/** Cosines of the angles between the row spaces of two matrices, largest first. */
function principalCosines(a: readonly (readonly number[])[], b: readonly (readonly number[])[]) {
  const orthonormal = (rows: readonly (readonly number[])[]) =>
    new SingularValueDecomposition(new Matrix(rows.map((row) => [...row])).transpose(), {
      autoTranspose: true,
    }).leftSingularVectors;
  const product = orthonormal(a).transpose().mmul(orthonormal(b));
  return new SingularValueDecomposition(product).diagonal;
}

describe('fitBasis', () => {
  const data = simulate(3);
  const basis = fitBasis(data, options);

  it('recovers the directions that users care about', () => {
    const [first, second] = principalCosines(basis.weights, truth);
    expect(first).toBeGreaterThan(0.97);
    expect(second).toBeGreaterThan(0.95);
  });

  it('puts first what moves choices most, and tells users apart in uncorrelated ways', () => {
    const { mean, covariance } = basis.prior;
    const moment = (i: number, j: number) => covariance[i]![j]! + mean[i]! * mean[j]!;
    expect(moment(0, 0)).toBeGreaterThan(moment(1, 1));
    expect(Math.abs(moment(0, 1)) / Math.sqrt(moment(0, 0) * moment(1, 1))).toBeLessThan(0.15);
    const embeddings = data.pairs.map(({ first, second }) => {
      const [a, b] = [applyBasis(basis, first), applyBasis(basis, second)];
      return a.map((value, k) => value - b[k]!);
    });
    const spread = (i: number, j: number) =>
      embeddings.reduce((sum, z) => sum + z[i]! * z[j]!, 0) / embeddings.length;
    expect(Math.abs(spread(0, 1)) / Math.sqrt(spread(0, 0) * spread(1, 1))).toBeLessThan(0.15);
  });

  it("predicts what is said of pairs that it never saw, better than everybody's mean", () => {
    const { answers, accuracy, accuracyOfMean } = basis.provenance.heldOut;
    expect(answers).toBeGreaterThan(300);
    expect(accuracy).toBeGreaterThan(0.78); // of about 0.84 that knowing every λ would give
    expect(accuracyOfMean).toBeLessThan(accuracy! - 0.05);
    expect(accuracyOfMean).toBeGreaterThan(0.55);
  });

  it('standardises features, and gives φ unit spread', () => {
    expect(basis.center[0]).toBeCloseTo(5, 0);
    expect(basis.scale[9]! / basis.scale[0]!).toBeGreaterThan(8);
    const { pairs } = basis.provenance;
    expect(pairs).toBeGreaterThan(80);
    expect(pairs).toBeLessThan(110);
    const values = data.pairs.map(({ first }) => applyBasis(basis, first)[0]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.sqrt(variance)).toBeGreaterThan(0.8);
    expect(Math.sqrt(variance)).toBeLessThan(1.2);
  });

  it('is deterministic', { tags: ['slow'] }, () => {
    expect(fitBasis(data, options)).toEqual(basis);
  });

  it('names its dimensions', { tags: ['slow'] }, () => {
    expect(basis.names).toEqual(['taste1', 'taste2']);
    expect(fitBasis(data, { ...options, names: ['warm', 'dry'] }).names).toEqual(['warm', 'dry']);
  });

  it('finds much the same from other pairs, which another seed keeps', { tags: ['slow'] }, () => {
    const other = fitBasis(data, { ...options, seed: 1 });
    expect(other.provenance.pairs).not.toBe(basis.provenance.pairs);
    expect(principalCosines(other.weights, basis.weights).at(-1)).toBeGreaterThan(0.9);
  });

  it('says that there is no accuracy where nothing was held out', { tags: ['slow'] }, () => {
    const { provenance } = fitBasis(data, { ...options, heldOutShare: 0 });
    expect(provenance.heldOut).toEqual({ answers: 0, accuracy: null, accuracyOfMean: null });
    expect(provenance.answers).toBe(data.comparisons.length);
  });

  it('learns from fewer pairs than features', () => {
    const everyone = Array.from({ length: users }, (_, user) => ({
      user,
      pair: user % 9,
      answer: user % 2 ? ('first' as const) : ('second' as const),
    }));
    const few = { pairs: data.pairs.slice(0, 9), comparisons: everyone };
    const small = fitBasis(few, { ...options, dimension: 1, heldOutShare: 0 });
    expect(small.weights.flat().every(Number.isFinite)).toBe(true);
  });

  it.each([
    ['dimension', { dimension: 0 }],
    ['dimension', { dimension: 13 }],
    ['penalty', { penalty: 0 }],
    ['penalty', { penalty: Infinity }],
    ['heldOutShare', { heldOutShare: 1 }],
    ['tieProbability', { tieProbability: -1 }],
    ['names', { names: ['warm'] }],
    ['names', { names: ['warm', 'warm'] }],
    ['names', { names: ['warm', 'dry wit'] }],
    ['dimension', { penalty: 1e9 }], // nothing is left of the map
  ])('refuses a bad %s', (option, bad) => {
    expect(() => fitBasis(data, { ...options, ...bad })).toThrow(
      expect.objectContaining({ option }),
    );
  });

  it.each([
    ['pairs', { pairs: [] }],
    [
      'pairs[1].second',
      {
        pairs: [
          { first: [1], second: [2] },
          { first: [1], second: [1, 2] },
        ],
      },
    ],
    ['pairs[0].first', { pairs: [{ first: [Number.NaN], second: [2] }] }],
    ['comparisons[0].user', { comparisons: [{ user: 1, pair: 0, answer: 'tie' as const }] }],
    ['comparisons[0].pair', { comparisons: [{ user: 0, pair: 120, answer: 'tie' as const }] }],
    ['comparisons[0].answer', { comparisons: [{ user: 0, pair: 0, answer: 'x' as 'tie' }] }],
  ])('refuses what is wrong with %s', (option, bad) => {
    expect(() => fitBasis({ ...data, ...bad }, options)).toThrow(
      expect.objectContaining({ option }),
    );
  });
});

describe('parseBasis', () => {
  const basis: Basis = {
    format: 'trimtab-preference-basis',
    version: 1,
    names: ['warm'],
    center: [1, 2],
    scale: [1, 0.5],
    weights: [[0.5, -1]],
    prior: { mean: [0], covariance: [[1]] },
    tieProbability: 0.2,
    provenance: {
      features: 'model.gguf, last hidden state',
      comparisons: 'simulated',
      users: 3,
      pairs: 4,
      answers: 9,
      seed: 0,
      heldOut: { answers: 2, accuracy: 0.5, accuracyOfMean: 0.5 },
    },
  };

  it('reads what was written', () => {
    expect(parseBasis(JSON.parse(JSON.stringify(basis)))).toEqual(basis);
    expect(applyBasis(basis, Float32Array.of(3, 3))).toEqual([0.5 * 2 - 2]);
  });

  it.each([
    ['basis', null],
    ['basis', []],
    ['format', { ...basis, format: 'gguf' }],
    ['version', { ...basis, version: 2 }],
    ['basis', { ...basis, more: 1 }],
    ['names', { ...basis, names: [] }],
    ['names', { ...basis, names: ['__proto__'] }],
    [
      'names',
      {
        ...basis,
        names: ['a', 'a'],
        weights: [
          [1, 2],
          [2, 1],
        ],
      },
    ],
    ['center.1', { ...basis, center: [1, '2'] }],
    ['center', { ...basis, center: [] }],
    ['scale.0', { ...basis, scale: [0, 1] }],
    ['scale', { ...basis, scale: [1] }],
    ['weights', { ...basis, weights: [] }],
    ['weights.0.1', { ...basis, weights: [[0, Number.NaN]] }],
    ['weights.0', { ...basis, weights: [[1, 2, 3]] }],
    ['prior.mean', { ...basis, prior: { mean: [0, 0], covariance: [[1]] } }],
    ['prior', { ...basis, prior: { mean: [0], covariance: [[-1]] } }],
    ['tieProbability', { ...basis, tieProbability: 1 }],
    ['provenance.seed', { ...basis, provenance: { ...basis.provenance, seed: 0.5 } }],
    ['provenance.features', { ...basis, provenance: { ...basis.provenance, features: 7 } }],
  ])('refuses a hostile %s by name', (option, value) => {
    expect(() => parseBasis(value)).toThrow(expect.objectContaining({ option }));
  });

  it('refuses features that do not fit', () => {
    expect(() => applyBasis(basis, [1])).toThrow(/model.gguf/);
    expect(() => applyBasis(basis, [1, Number.NaN])).toThrow(
      expect.objectContaining({ option: 'features[1]' }),
    );
  });
});
