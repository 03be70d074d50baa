import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../spec/index.ts';
import {
  answerProbabilities,
  information,
  logLikelihood,
  requireTieProbability,
  slope,
  type ComparingAnswer,
} from './likelihood.ts';

const answers: readonly ComparingAnswer[] = ['first', 'tie', 'second'];
const answer = fc.constantFrom(...answers);
const margin = fc.double({ min: -30, max: 30, noNaN: true });
const tieProbability = fc.double({ min: 0.01, max: 0.95, noNaN: true });

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('answerProbabilities', () => {
  it('are in the proportions of the model', () => {
    // ν = 2 · 0.2 / 0.8 = 0.5; e^{±1}: 2.71828 : 0.5 : 0.36788 of 3.58616
    const { first, tie, second } = answerProbabilities(2, 0.2);
    expect(first).toBeCloseTo(0.757992, 6);
    expect(tie).toBeCloseTo(0.139425, 6);
    expect(second).toBeCloseTo(0.102583, 6);
  });

  it('sum to 1 and change places with the answers', () => {
    fc.assert(
      fc.property(margin, tieProbability, (m, tau) => {
        const here = answerProbabilities(m, tau);
        const there = answerProbabilities(-m, tau);
        expect(here.first + here.tie + here.second).toBeCloseTo(1, 14);
        expect(there).toEqual({ first: here.second, tie: here.tie, second: here.first });
      }),
    );
  });

  it('give a tie its probability between equal answers', () => {
    fc.assert(
      fc.property(tieProbability, (tau) => {
        expect(answerProbabilities(0, tau).tie).toBeCloseTo(tau, 12);
      }),
    );
  });

  it('are those of Bradley and Terry between decided answers', () => {
    fc.assert(
      fc.property(margin, tieProbability, (m, tau) => {
        const { first, second } = answerProbabilities(m, tau);
        expect(first / (first + second)).toBeCloseTo(sigmoid(m), 12);
      }),
    );
    expect(answerProbabilities(1.3, 0).first).toBeCloseTo(sigmoid(1.3), 14);
  });

  it.each([-1e6, 1e6])('stay finite at a margin of %d', (m) => {
    const probabilities = answerProbabilities(m, 0.2);
    expect(Object.values(probabilities).every(Number.isFinite)).toBe(true);
    expect(information(probabilities)).toBe(0);
    expect(logLikelihood('first', m, 0.2)).toBeCloseTo(Math.min(0, m), 6);
  });
});

describe('logLikelihood', () => {
  it('is the logarithm of the probability', () => {
    fc.assert(
      fc.property(answer, margin, tieProbability, (given, m, tau) => {
        const expected = Math.log(answerProbabilities(m, tau)[given]);
        expect(logLikelihood(given, m, tau)).toBeCloseTo(expected, 10);
      }),
    );
  });

  it('has slope and curvature of finite differences', () => {
    const h = 1e-5;
    fc.assert(
      fc.property(answer, margin, tieProbability, (given, m, tau) => {
        const at = (x: number) => logLikelihood(given, x, tau);
        const slopeAt = (x: number) => slope(given, answerProbabilities(x, tau));
        const curvature = -(slopeAt(m + h) - slopeAt(m - h)) / (2 * h);
        expect(slopeAt(m)).toBeCloseTo((at(m + h) - at(m - h)) / (2 * h), 7);
        expect(information(answerProbabilities(m, tau))).toBeCloseTo(curvature, 8);
      }),
    );
  });

  it('has an information of expected squared slope, positive, at most a quarter', () => {
    fc.assert(
      fc.property(margin, tieProbability, (m, tau) => {
        const probabilities = answerProbabilities(m, tau);
        const squares = answers.map(
          (each) => probabilities[each] * slope(each, probabilities) ** 2,
        );
        const expected = squares.reduce((sum, square) => sum + square, 0);
        expect(information(probabilities)).toBeCloseTo(expected, 12);
        expect(information(probabilities)).toBeGreaterThan(0);
        expect(information(probabilities)).toBeLessThanOrEqual(0.25);
      }),
    );
  });
});

describe('requireTieProbability', () => {
  it.each([-0.1, 1, Number.NaN])('refuses %d', (value) => {
    expect(() => requireTieProbability(value)).toThrow(InvalidOptionError);
  });
});
