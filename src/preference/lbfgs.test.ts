import { describe, expect, it } from 'vitest';

import { minimize, type ValueAndGradient } from './lbfgs.ts';

const options = { tolerance: 1e-9, maxIterations: 1000 };

/** Minimum 0 at (1, 1), at the end of a curved valley. */
function rosenbrock(point: Float64Array): ValueAndGradient {
  const [x, y] = [point[0]!, point[1]!];
  return {
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
  };
}

/** `½ Σ k (x_k − k)²`: badly scaled, minimum at x_k = k. */
function bowl(point: Float64Array): ValueAndGradient {
  return {
    value: point.reduce((sum, x, k) => sum + (k + 1) ** 3 * (x - k) ** 2, 0) / 2,
    gradient: point.map((x, k) => (k + 1) ** 3 * (x - k)),
  };
}

describe('minimize', () => {
  it('follows a curved valley to its end', () => {
    const [x, y] = minimize(rosenbrock, Float64Array.of(-1.2, 1), options);
    expect(x).toBeCloseTo(1, 7);
    expect(y).toBeCloseTo(1, 7);
  });

  it('finds the bottom of a bowl whose axes differ by a factor of 8000, in hundreds of steps', () => {
    let evaluations = 0;
    const counted = (point: Float64Array) => {
      evaluations++;
      return bowl(point);
    };
    const end = minimize(counted, new Float64Array(20), options);
    end.forEach((x, k) => expect(x).toBeCloseTo(k, 7));
    expect(evaluations).toBeLessThan(400); // steepest descent takes tens of thousands
  });

  it('never goes up, stops where it was told to, and leaves the start as it is', () => {
    const start = Float64Array.of(-1.2, 1);
    const values = [1, 2, 5, 10, 20].map(
      (maxIterations) =>
        rosenbrock(minimize(rosenbrock, start, { tolerance: 1e-9, maxIterations })).value,
    );
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(values.at(-1)).toBeLessThan(rosenbrock(start).value);
    expect(start).toEqual(Float64Array.of(-1.2, 1));
  });
});
