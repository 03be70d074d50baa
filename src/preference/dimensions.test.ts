import { describe, expect, it } from 'vitest';

import { formatBasis, parseBasisText } from './basis-text.ts';
import { applyBasis, type Basis } from './basis.ts';
import { dimensionStrengths, linearDimension, priorOver } from './dimensions.ts';

const basis: Basis = {
  format: 'trimtab-preference-basis',
  version: 1,
  names: ['warm', 'dry'],
  center: [1.23456789, -2, 0.5],
  scale: [0.5, 4, 1],
  weights: [
    [0.5, -1, 2],
    [1 / 3, 1e-7, -3],
  ],
  prior: {
    mean: [1, -2],
    covariance: [
      [4, 0.5],
      [0.5, 3],
    ],
  },
  tieProbability: 0.2,
  provenance: {
    features: 'made up, [1,  2] of them',
    comparisons: 'simulated',
    users: 3,
    pairs: 4,
    answers: 9,
    seed: 0,
    heldOut: { answers: 0, accuracy: null, accuracyOfMean: null },
  },
};

describe('a dimension', () => {
  it('is a linear function of the features', () => {
    const features = [3, -0.25, 7];
    const values = basis.names.map((name) => {
      const { weight, bias } = linearDimension(basis, name);
      return weight.reduce((sum, w, j) => sum + w * features[j]!, bias);
    });
    for (const [k, value] of applyBasis(basis, features).entries()) {
      expect(values[k]).toBeCloseTo(value, 5);
    }
  });

  it('that is not there is refused, with those that are', () => {
    expect(() => linearDimension(basis, 'wet')).toThrow('"wet": it has warm, dry');
  });

  it('moves choices by the second moment of its weight', () => {
    expect(dimensionStrengths(basis)).toEqual([Math.sqrt(5), Math.sqrt(7)]);
  });
});

describe('a prior over dimensions', () => {
  it("is the population's, in the order and units that are asked for", () => {
    const measured = [
      { name: 'dry', deviation: 10 },
      { name: 'warm', deviation: 0.5 },
    ];
    expect(priorOver(basis, measured)).toEqual({
      mean: [-20, 0.5],
      covariance: [
        [300, 2.5],
        [2.5, 1],
      ],
    });
    expect(priorOver(basis, measured.slice(0, 1)).covariance).toEqual([[300]]);
  });
});

describe('a basis as text', () => {
  it('is itself, to six digits', () => {
    const rounded = {
      ...basis,
      center: [1.23457, -2, 0.5],
      weights: [basis.weights[0], [0.333333, 1e-7, -3]],
    };
    expect(parseBasisText(formatBasis(basis))).toEqual(rounded);
  });

  it('has a vector to a line', () => {
    expect(formatBasis(basis)).toContain(
      '"weights": [\n    [0.5, -1, 2],\n    [0.333333, 1e-7, -3]\n  ]',
    );
    expect(formatBasis(basis)).toContain('"made up, [1,  2] of them"');
  });

  it('is refused where it is no JSON', () => {
    expect(() => parseBasisText('{')).toThrow(/no JSON.*learn-basis/);
  });
});
