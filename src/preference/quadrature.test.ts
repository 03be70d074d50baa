import { describe, expect, it } from 'vitest';

import { normalQuadrature } from './quadrature.ts';

describe('normalQuadrature', () => {
  it.each([
    [0, 1],
    [1, 0],
    [2, 1],
    [4, 3],
    [6, 15],
    [8, 105],
  ])('gives the moment of degree %d of a standard normal', (degree, moment) => {
    const { nodes, weights } = normalQuadrature(5);
    const sum = nodes.reduce((total, node, i) => total + weights[i]! * node ** degree, 0);
    expect(sum).toBeCloseTo(moment, 9);
  });

  it('is not exact beyond', () => {
    const { nodes, weights } = normalQuadrature(5);
    const sum = nodes.reduce((total, node, i) => total + weights[i]! * node ** 10, 0);
    expect(Math.abs(sum - 945)).toBeGreaterThan(1);
  });
});
