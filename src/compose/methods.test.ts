import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { createReferenceRowKernels, createRowKernels } from '../math/index.ts';
import { createComposition } from './composition.ts';
import * as methods from './methods.ts';
import { planComposition } from './plan.ts';

const size = 29;
const names = ['a', 'b', 'c', 'd'] as const;
type Vectors = Readonly<Record<(typeof names)[number], readonly number[]>>;

const vectors: fc.Arbitrary<Vectors> = fc
  .tuple(
    ...names.map(() =>
      fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: size, maxLength: size }),
    ),
  )
  .map(
    (rows) => Object.fromEntries(names.map((name, i) => [name, rows[i]!])) as unknown as Vectors,
  );

/** Log-softmax in float64. */
function logSoftmax(x: readonly number[]): number[] {
  const max = Math.max(...x);
  const logZ = max + Math.log(x.reduce((total, value) => total + Math.exp(value - max), 0));
  return x.map((value) => value - logZ);
}

/** `-Infinity` where a token is not among the smallest set of at least `mass`. */
function topP(x: readonly number[], mass: number): number[] {
  const p = logSoftmax(x).map(Math.exp);
  const order = p.map((_, i) => i).toSorted((i, j) => x[j]! - x[i]! || i - j);
  let total = 0;
  const kept = new Set<number>();
  for (const i of order) {
    if (total >= mass) break;
    kept.add(i);
    total += p[i]!;
  }
  return x.map((_, i) => (kept.has(i) ? 0 : -Infinity));
}

/** `-Infinity` where a token has less than `share` of the highest probability. */
function minP(x: readonly number[], share: number): number[] {
  const least = Math.max(...x) + Math.log(share) - 1e-7;
  return x.map((value) => (value >= least ? 0 : -Infinity));
}

/** Of the method with its default params. */
function compose(
  create: typeof createRowKernels,
  method: methods.Method,
  x: Vectors,
): Float32Array {
  const params = Object.fromEntries(
    Object.entries(method.params).map(([name, { default: value }]) => [name, value]),
  );
  const { formula, plausibility = null } = method;
  const plan = planComposition({ formula, params, base: 'a', plausibility });
  const kernels = create(size, plan.rowCount);
  const composition = createComposition(plan, kernels);
  for (const name of plan.models) {
    composition.add(name, Float32Array.from(x[name as keyof Vectors]));
  }
  return kernels.row(composition.finish());
}

const isKept = (value: number): boolean => value !== -Infinity;

type Case = readonly [string, methods.Method, (x: Vectors, i: number) => number];

/** Every method beside its equation. `ℓ` is a row of log-probs. */
const cases: readonly Case[] = [
  [
    'proxyTuning',
    methods.proxyTuning({ base: 'a', expert: 'b', antiExpert: 'c', alpha: 0.7 }),
    ({ a, b, c }, i) => a[i]! + 0.7 * (b[i]! - c[i]!),
  ],
  [
    'dExperts',
    methods.dExperts({ base: 'a', expert: 'b', antiExpert: 'c' }),
    ({ a, b, c }, i) => a[i]! + 2 * (b[i]! - c[i]!) + topP(a, 0.9)[i]!,
  ],
  [
    'contrastiveDecoding',
    methods.contrastiveDecoding({ expert: 'a', amateur: 'b', amateurTemperature: 0.5 }),
    ({ a, b }, i) => logSoftmax(a)[i]! - b[i]! / 0.5 + minP(a, 0.1)[i]!,
  ],
  [
    'contrastiveReasoning',
    methods.contrastiveReasoning({ expert: 'a', amateur: 'b' }),
    ({ a, b }, i) => 1.5 * a[i]! - 0.5 * b[i]! + minP(a, 0.1)[i]!,
  ],
  [
    'classifierFreeGuidance',
    methods.classifierFreeGuidance({ prompted: 'a', negative: 'b', gamma: 3 }),
    ({ a, b }, i) => 3 * logSoftmax(a)[i]! - 2 * logSoftmax(b)[i]!,
  ],
  [
    'contextAwareDecoding',
    methods.contextAwareDecoding({ withContext: 'a', withoutContext: 'b' }),
    ({ a, b }, i) => 1.5 * a[i]! - 0.5 * b[i]!,
  ],
  [
    'emulatedFineTuning',
    methods.emulatedFineTuning({ largeReference: 'a', smallTuned: 'b', smallReference: 'c' }),
    ({ a, b, c }, i) => logSoftmax(a)[i]! + logSoftmax(b)[i]! - logSoftmax(c)[i]!,
  ],
  [
    'emulatedFineTuning, filtered',
    methods.emulatedFineTuning({
      largeReference: 'a',
      smallTuned: 'b',
      smallReference: 'c',
      topP: 0.95,
    }),
    ({ a, b, c }, i) =>
      logSoftmax(a)[i]! + logSoftmax(b)[i]! - logSoftmax(c)[i]! + topP(a, 0.95)[i]!,
  ],
  [
    'decodingTimeRealignment',
    methods.decodingTimeRealignment({ aligned: 'a', sft: 'b', lambda: 1.4 }),
    ({ a, b }, i) => 1.4 * a[i]! - 0.4 * b[i]!,
  ],
  [
    'multiObjectiveDecoding',
    methods.multiObjectiveDecoding({ weights: { a: 0.5, b: 0.2, c: 0.3 } }),
    ({ a, b, c }, i) => 0.5 * logSoftmax(a)[i]! + 0.2 * logSoftmax(b)[i]! + 0.3 * logSoftmax(c)[i]!,
  ],
  [
    'genARM',
    methods.genARM({ base: 'a', reward: 'b', beta: 0.8 }),
    ({ a, b }, i) => logSoftmax(a)[i]! + logSoftmax(b)[i]! / 0.8,
  ],
  [
    'thinkLogit',
    methods.thinkLogit({ base: 'a', reasoner: 'b', reasonerBase: 'c' }),
    ({ a, b, c }, i) => a[i]! + b[i]! - c[i]!,
  ],
  [
    'drift',
    methods.drift({ base: 'a', attributes: { b: 0.6, c: -0.3 }, neutral: 'd', beta: 0.5 }),
    ({ a, b, c, d }, i) => a[i]! + (0.6 * (b[i]! - d[i]!) - 0.3 * (c[i]! - d[i]!)) / 0.5,
  ],
];

it('every method is beside its equation', () => {
  const tried = new Set(cases.map(([name]) => name.split(',', 1)[0]));
  expect(Object.keys(methods).filter((name) => !tried.has(name))).toEqual([]);
});

describe.each([
  ['SIMD', createRowKernels],
  ['reference', createReferenceRowKernels],
])('on %s kernels', (_, create) => {
  it.each(cases)('%s is its equation', (__, method, equation) => {
    fc.assert(
      fc.property(vectors, (x) => {
        const composed = compose(create, method, x);
        const expected = Array.from(composed, (___, i) => equation(x, i));
        expect(Array.from(composed, isKept)).toEqual(expected.map(isKept));
        const errors = expected.map((value, i) =>
          value === composed[i] ? 0 : Math.abs(composed[i]! - value) / Math.max(1, Math.abs(value)),
        );
        expect(Math.max(...errors)).toBeLessThanOrEqual(1e-5);
      }),
      { numRuns: runs(30) },
    );
  });
});

describe('contrastiveDecoding', () => {
  it("divides the expert's probabilities by the amateur's at its temperature", () => {
    const method = methods.contrastiveDecoding({
      expert: 'a',
      amateur: 'b',
      amateurTemperature: 0.5,
      minP: 1e-30, // every token is plausible
    });
    fc.assert(
      fc.property(vectors, (x) => {
        const composed = compose(createReferenceRowKernels, method, x);
        const amateur = logSoftmax(x.b.map((value) => value / 0.5));
        const expected = logSoftmax(logSoftmax(x.a).map((value, i) => value - amateur[i]!));
        const actual = logSoftmax(Array.from(composed));
        const errors = expected.map((value, i) => Math.abs(value - actual[i]!));
        expect(Math.max(...errors)).toBeLessThanOrEqual(1e-3);
      }),
      { numRuns: runs(30) },
    );
  });
});

describe('multiObjectiveDecoding', () => {
  it('refuses weights that do not sum to 1', () => {
    for (const weights of [{}, { a: 0.5 }, { a: 1.5, b: -0.5 }, { a: NaN }, { a: 0.5, b: 0.6 }]) {
      expect(() => methods.multiObjectiveDecoding({ weights })).toThrow('sum to 1');
    }
  });

  it('keeps the sum at 1 when a request changes a weight', () => {
    const { formula } = methods.multiObjectiveDecoding({ weights: { a: 0.5, b: 0.5 } });
    const plan = planComposition({ formula, params: { weight_b: 0.9 }, base: 'a' });
    const [a, b] = plan.terms.map(({ coefficient }) => coefficient);
    expect([a! + b!, b]).toEqual([1, 0.9]);
  });
});
