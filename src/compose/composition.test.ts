import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { createReferenceRowKernels, createRowKernels, type RowKernels } from '../math/index.ts';
import { ContractError, InvalidOptionError, NonFiniteLogitsError } from '../spec/index.ts';
import type { MappedVocabularies, VocabularyAlignment } from './alignment.ts';
import { createComposition, type Composition } from './composition.ts';
import { largestScale } from './kl-budget.ts';
import { parseFormula } from './parser.ts';
import { planComposition, type CompositionPlan, type PlanCompositionOptions } from './plan.ts';

type Rows = Readonly<Record<string, Float32Array>>;

const size = 37; // not a multiple of any vector width
const models = ['base', 'expert', 'anti', 'other'];
const formulaOf = (text: string): PlanCompositionOptions['formula'] =>
  parseFormula(text, { models, params: ['alpha', 'beta'] });

const logits = (length = size): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values, (value) => value + 0)); // no -0

const rowSets: fc.Arbitrary<Rows> = fc
  .tuple(logits(), logits(), logits(), logits())
  .map((rows) => Object.fromEntries(rows.map((row, i) => [models[i]!, row])));

interface Run {
  readonly composition: Composition;
  readonly composed: Float32Array;
  /** The row handed out, as it is now. */
  readonly output: Float32Array;
}

function run(
  create: (length: number, count: number) => RowKernels,
  options: Omit<PlanCompositionOptions, 'formula' | 'base' | 'params'> & {
    formula: string;
    params?: Record<string, number>;
    base?: string;
  },
  rows: Rows,
  order: (needed: readonly string[]) => readonly string[] = (needed) => needed,
): Run {
  const plan = planComposition({
    params: {},
    base: 'base',
    ...options,
    formula: formulaOf(options.formula),
  });
  const firstRow = 1;
  const kernels = create(size, firstRow + plan.rowCount + 1);
  const composition = createComposition(plan, kernels, firstRow);
  // A position with other rows first: nothing of it may be left.
  for (const factor of [-0.5, 1]) {
    composition.reset(3);
    for (const name of order(plan.models))
      composition.add(
        name,
        rows[name]!.map((x) => factor * x),
      );
    expect(composition.isComplete).toBe(true);
    composition.logprob(0);
  }
  for (const outside of [0, firstRow + plan.rowCount]) {
    expect(kernels.row(outside).every((value) => value === 0)).toBe(true);
  }
  const output = kernels.row(composition.finish());
  return { composition, composed: output.slice(), output };
}

/** Logits in steps. */
function ramp(length: number, step: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => i * step);
}

/** Log-softmax in float64. */
function logSoftmax(row: ArrayLike<number>): number[] {
  const values = Array.from(row);
  const max = Math.max(...values);
  const logZ = max + Math.log(values.reduce((total, x) => total + Math.exp(x - max), 0));
  return values.map((x) => x - logZ);
}

/** `KL(softmax(p) ‖ softmax(q))` in float64. */
function divergence(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [logP, logQ] = [logSoftmax(p), logSoftmax(q)];
  return logP.reduce((sum, x, i) => sum + Math.exp(x) * (x - logQ[i]!), 0);
}

/** Largest difference, relative to entries above 1. */
function worstError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const errors = expected.map((x, i) =>
    actual[i] === x ? 0 : Math.abs(actual[i]! - x) / Math.max(1, Math.abs(x)),
  );
  return Math.max(...errors);
}

const proxy = 'base + alpha * (expert - anti)';

describe.each([
  ['SIMD', createRowKernels],
  ['reference', createReferenceRowKernels],
])('Composition on %s kernels', (_, create) => {
  it('is the base bit for bit at alpha = 0, which then runs alone', () => {
    fc.assert(
      fc.property(
        rowSets,
        fc.constantFrom(proxy, `logp(base) + alpha * logp(expert)`),
        (rows, formula) => {
          const { composition, composed } = run(create, { formula, params: { alpha: 0 } }, rows);
          expect(composition.plan.models).toEqual(['base']);
          expect(composed).toEqual(rows['base']);
        },
      ),
      { numRuns: runs(20) },
    );
  });

  it('is the base bit for bit where expert = antiExpert, in either space', () => {
    const formula = fc.constantFrom(proxy, 'alpha * (logp(expert) - logp(anti)) + base');
    const alpha = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(rowSets, formula, alpha, (rows, text, value) => {
        const same = { ...rows, anti: rows['expert']! };
        expect(run(create, { formula: text, params: { alpha: value } }, same).composed).toEqual(
          rows['base'],
        );
      }),
      { numRuns: runs(50) },
    );
  });

  it('does not depend on the order of arrival', () => {
    const formula = 'alpha * logp(other) + base - 0.3 * expert + beta * anti + 0.1 * logp(base)';
    const params = { alpha: 0.3, beta: -1.7 };
    const plausibility = { minP: 0.001, models: ['expert', 'anti'] };
    const orders = fc.shuffledSubarray(models, { minLength: models.length });
    fc.assert(
      fc.property(rowSets, orders, fc.boolean(), (rows, order, keepRows) => {
        const options = { formula, params, plausibility, keepRows };
        const there = run(create, options, rows);
        const shuffled = run(create, options, rows, () => order);
        expect(shuffled.composed).toEqual(there.composed);
      }),
      { numRuns: runs(50) },
    );
  });

  it('agrees with float64 arithmetic', () => {
    const formula =
      'alpha * logp(other) + 0.5 * base - 0.3 * expert + beta * anti + 2 * logp(base)';
    const params = { alpha: 0.3, beta: -1.7 };
    fc.assert(
      fc.property(rowSets, (rows) => {
        const base = logSoftmax(rows['base']!);
        const other = logSoftmax(rows['other']!);
        const expected = Array.from(
          { length: size },
          (__, i) =>
            0.3 * other[i]! +
            0.5 * rows['base']![i]! -
            0.3 * rows['expert']![i]! -
            1.7 * rows['anti']![i]! +
            2 * base[i]!,
        );
        const { composed, composition } = run(create, { formula, params }, rows);
        expect(worstError(composed, expected)).toBeLessThanOrEqual(1e-5);
        const logprobs = logSoftmax(expected);
        expect(
          worstError(
            Array.from(expected, (__, i) => composition.logprob(i)),
            logprobs,
          ),
        ).toBeLessThanOrEqual(1e-5);
        const top = composition.topLogprobs(5);
        expect(top).toHaveLength(5);
        expect(
          worstError(
            top.map(({ logprob }) => logprob),
            logprobs.toSorted((a, b) => b - a).slice(0, 5),
          ),
        ).toBeLessThanOrEqual(1e-5);
      }),
      { numRuns: runs(50) },
    );
  });

  it('composes without the base, and copies one model alone', () => {
    fc.assert(
      fc.property(rowSets, (rows) => {
        const mixed = run(create, { formula: '0.25 * expert + 0.75 * anti' }, rows);
        expect(mixed.composition.plan.models).toEqual(['expert', 'anti']);
        expect(
          worstError(
            mixed.composed,
            Array.from(rows['expert']!, (x, i) => 0.25 * x + 0.75 * rows['anti']![i]!),
          ),
        ).toBeLessThanOrEqual(1e-5);
        const scaled = run(create, { formula: 'alpha * logp(expert)', params: { alpha: 3 } }, rows);
        expect(
          worstError(
            scaled.composed,
            logSoftmax(rows['expert']!).map((x) => 3 * x),
          ),
        ).toBeLessThanOrEqual(1e-5);
        const alone = run(create, { formula: 'expert', keepRows: true }, rows);
        expect(alone.composition.plan.models).toEqual(['expert', 'base']);
        expect(alone.composed).toEqual(rows['expert']);
      }),
      { numRuns: runs(10) },
    );
  });

  it.each(['0.5 * base', '2 * base', 'alpha * expert', '-1 * expert', '0.5 * logp(base)'])(
    'masks one scaled term too: %s',
    (formula) => {
      const rows = { base: ramp(size, 0.5), expert: ramp(size, -0.25) };
      const plausibility = { minP: 0.05, models: ['base'] };
      const { composed } = run(create, { formula, params: { alpha: 3 }, plausibility }, rows);
      const best = Math.max(...rows.base);
      const kept = Array.from(rows.base, (x) => x >= best + Math.log(0.05));
      expect(Array.from(composed, (x) => x !== -Infinity)).toEqual(kept);
      expect(kept.filter(Boolean)).toHaveLength(6); // of steps of half a nat, down to -3
    },
  );

  it('keeps what any model finds plausible, and the best of each', () => {
    const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
    fc.assert(
      fc.property(rowSets, share, fc.boolean(), (rows, minP, keepRows) => {
        const plausibility = { minP, models: ['expert', 'base'] };
        const params = { alpha: 1.5 };
        const free = run(create, { formula: proxy, params }, rows).composed;
        const { composed } = run(create, { formula: proxy, params, plausibility, keepRows }, rows);
        const isKept = (name: string, i: number): boolean => {
          const best = Math.max(...rows[name]!);
          return rows[name]![i]! >= best + Math.log(minP);
        };
        const expected = Array.from(free, (x, i) =>
          isKept('expert', i) || isKept('base', i) ? x : -Infinity,
        );
        expect(Array.from(composed)).toEqual(expected);
        expect(composed[rows['expert']!.indexOf(Math.max(...rows['expert']!))]).not.toBe(-Infinity);
      }),
      { numRuns: runs(50) },
    );
  });

  it('keeps the smallest set of a mass', () => {
    const share = fc.oneof(fc.constant(1), fc.double({ min: 1e-6, max: 0.999, noNaN: true }));
    fc.assert(
      fc.property(rowSets, share, (rows, topP) => {
        const plausibility = { topP, models: ['base'] };
        const { composed } = run(
          create,
          { formula: proxy, params: { alpha: 2 }, plausibility },
          rows,
        );
        const probabilities = logSoftmax(rows['base']!).map(Math.exp);
        const kept = probabilities.filter((__, i) => composed[i] !== -Infinity);
        const mass = kept.reduce((total, p) => total + p, 0);
        const least = Math.min(...kept);
        expect(kept.length).toBeGreaterThan(0);
        expect(mass).toBeGreaterThanOrEqual(topP - 1e-6);
        expect(kept.length === 1 || mass - least < topP + 1e-6).toBe(true);
        const dropped = probabilities.filter((__, i) => composed[i] === -Infinity);
        expect(Math.max(0, ...dropped)).toBeLessThanOrEqual(least);
      }),
      { numRuns: runs(50) },
    );
  });

  it('keeps a mass that takes thousands of tokens, and exactly it where tokens tie', () => {
    const kernels = create(5000, 8);
    const formula = formulaOf(proxy);
    const plausibility = { topP: 0.9, models: ['base'] };
    const plan = planComposition({ formula, params: { alpha: 1 }, base: 'base', plausibility });
    const composition = createComposition(plan, kernels);
    composition.reset(0);
    for (const name of plan.models) composition.add(name, new Float32Array(5000).fill(2));
    const composed = kernels.row(composition.finish());
    const kept = composed.filter((x) => x !== -Infinity).length;
    expect(Math.abs(kept - 4500)).toBeLessThanOrEqual(1); // 4500 terms of 1/5000 may round below 0.9
    expect(composition.topLogprobs(5000)).toHaveLength(kept);
  });

  it('drops a mask where nothing steers', () => {
    const plausibility = { minP: 1, models: ['base', 'expert'] };
    const plan = planComposition({
      formula: formulaOf(proxy),
      params: { alpha: 0 },
      base: 'base',
      plausibility,
    });
    expect(plan).toMatchObject({ models: ['base'], plausibility: null, rowCount: 1 });
  });

  it('explains a token', () => {
    fc.assert(
      fc.property(rowSets, fc.nat(size - 1), (rows, tokenId) => {
        const options = { formula: proxy, params: { alpha: 1.5 }, keepRows: true };
        const kernelsRun = run(create, options, rows);
        const { composition } = kernelsRun;
        const expected = Array.from(
          rows['base']!,
          (x, i) => x + 1.5 * (rows['expert']![i]! - rows['anti']![i]!),
        );
        const after = logSoftmax(expected);
        const before = logSoftmax(rows['base']!);
        const explanation = composition.explain(tokenId, 3);
        expect(explanation.terms.map(({ model, coefficient }) => [model, coefficient])).toEqual([
          ['base', 1],
          ['expert', 1.5],
          ['anti', -1.5],
        ]);
        expect(
          worstError(
            explanation.terms.map(({ logprob }) => logprob),
            ['base', 'expert', 'anti'].map((name) => logSoftmax(rows[name]!)[tokenId]!),
          ),
        ).toBeLessThanOrEqual(1e-5);
        for (const { coefficient, logprob, share } of explanation.terms) {
          expect(share).toBe(coefficient * logprob);
        }
        expect(
          worstError([explanation.shift], [after[tokenId]! - before[tokenId]!]),
        ).toBeLessThanOrEqual(1e-5);
        const kl = after.reduce((total, x, i) => total + Math.exp(x) * (x - before[i]!), 0);
        expect(Math.abs(explanation.kl - kl)).toBeLessThan(1e-4 * Math.max(1, kl));
        expect(explanation.baseChoice).toEqual(explanation.topBefore[0]);
        expect(
          worstError(
            explanation.topBefore.map(({ logprob }) => logprob),
            before.toSorted((a, b) => b - a).slice(0, 3),
          ),
        ).toBeLessThanOrEqual(1e-5);
        expect(
          worstError(
            explanation.topAfter.map(({ logprob }) => logprob),
            after.toSorted((a, b) => b - a).slice(0, 3),
          ),
        ).toBeLessThanOrEqual(1e-5);
      }),
      { numRuns: runs(30) },
    );
  });

  it('reads the composition after its row has been changed, with keepRows', () => {
    fc.assert(
      fc.property(rowSets, fc.constantFrom(proxy, 'expert'), (rows, text) => {
        const formula = formulaOf(text);
        const params = { alpha: 1 };
        const plan = planComposition({ formula, params, base: 'base', keepRows: true });
        const kernels = create(size, plan.rowCount);
        const composition = createComposition(plan, kernels);
        for (const name of plan.models) composition.add(name, rows[name]!);
        const output = kernels.row(composition.finish());
        const before = [...output].map((__, i) => composition.logprob(i));
        output.fill(-Infinity);
        expect([...output].map((__, i) => composition.logprob(i))).toEqual(before);
        expect(composition.topLogprobs(1)[0]!.logprob).toBe(Math.max(...before));
      }),
      { numRuns: runs(10) },
    );
  });

  describe('under a KL budget', () => {
    const text = '0.4 * logp(other) + 0.8 * base + alpha * (expert - anti)';
    const params = { alpha: 0.5 };
    const plausibility = { minP: 1e-6, models: ['base', 'expert'] };
    const options = { formula: text, params, plausibility };
    const tokenIds = Int32Array.of(3, 17, 36);
    const rewardOf = fc
      .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 3, maxLength: 3 })
      .map((values) => ({ tokenIds, values: Float64Array.from(values) }));
    const budget = fc.double({ min: 1e-3, max: 3, noNaN: true });

    it('is the base plus a part of the shift of formula and rewards, masked again', () => {
      fc.assert(
        fc.property(rowSets, rewardOf, budget, (rows, rewards, nats) => {
          const { composition, composed, output } = run(
            create,
            { ...options, keepShift: true },
            rows,
          );
          const free = run(create, { formula: text, params }, rows).composed;
          const base = rows['base']!;
          const shift = Float32Array.from(free, (x, i) => x - base[i]!);
          for (const [i, tokenId] of tokenIds.entries()) shift[tokenId]! += rewards.values[i]!;
          const own = create(size, 2);
          own.row(0).set(base);
          own.row(1).set(shift);
          const expected = largestScale(own, { base: 0, shift: 1 }, nats);

          const first = composition.rescale(rewards, nats);
          expect(first).toEqual(expected);
          const scaled = Array.from(base, (x, i) => x + first.scale * shift[i]!);
          const masked = scaled.map((x, i) => (composed[i] === -Infinity ? -Infinity : x));
          expect(worstError(output, masked)).toBeLessThanOrEqual(1e-5);
          const kl = divergence(scaled, base);
          expect(kl).toBeLessThanOrEqual(nats + 1e-4);
          expect(Math.abs(kl - first.kl)).toBeLessThan(1e-4);
          // Nothing of the first rewards is left for the second, nor of what the caller did to the row.
          const before = output.slice();
          output.fill(-Infinity);
          composition.rescale(null, nats);
          expect(composition.rescale(rewards, nats)).toEqual(first);
          expect(output).toEqual(before);
        }),
        { numRuns: runs(50) },
      );
    });

    it('leaves the row as it was, plus the rewards, where the budget does not bind', () => {
      fc.assert(
        fc.property(rowSets, rewardOf, (rows, rewards) => {
          const { composition, composed, output } = run(
            create,
            { ...options, keepShift: true },
            rows,
          );
          expect(composition.rescale(null, Infinity).scale).toBe(1);
          expect(output).toEqual(composed);
          expect(composition.rescale(rewards, Infinity).scale).toBe(1);
          const rewarded = composed.slice();
          for (const [i, tokenId] of tokenIds.entries()) rewarded[tokenId]! += rewards.values[i]!;
          expect(output).toEqual(rewarded);
          expect(run(create, options, rows).composed).toEqual(composed);
        }),
        { numRuns: runs(20) },
      );
    });

    it('is the base bit for bit, unmasked, at scale 0 and where nothing shifts', () => {
      fc.assert(
        fc.property(rowSets, rewardOf, (rows, rewards) => {
          const { composition, output } = run(create, { ...options, keepShift: true }, rows);
          expect(composition.rescale(rewards, 0)).toEqual({ scale: 0, kl: 0 });
          expect(output).toEqual(rows['base']);
          for (const still of [
            run(create, { formula: proxy, params: { alpha: 0 }, keepShift: true }, rows),
            run(create, { formula: 'base', keepShift: true, plausibility }, rows),
          ]) {
            expect(still.composition.plan.models).toEqual(['base']);
            expect(still.composition.rescale(null, 0)).toEqual({ scale: 1, kl: 0 });
            expect(still.output).toEqual(rows['base']);
          }
        }),
        { numRuns: runs(20) },
      );
    });

    it('shifts by rewards alone, and away from a base that the formula leaves out', () => {
      fc.assert(
        fc.property(rowSets, rewardOf, (rows, rewards) => {
          const alone = run(create, { formula: 'base', keepShift: true }, rows);
          const { scale } = alone.composition.rescale(rewards, 0.1);
          const expected = Array.from(rows['base']!);
          tokenIds.forEach((tokenId, i) => (expected[tokenId]! += scale * rewards.values[i]!));
          expect(worstError(alone.output, expected)).toBeLessThanOrEqual(1e-6);

          const other = run(create, { formula: 'expert', keepShift: true }, rows);
          expect(other.composed).toEqual(rows['expert']);
          const { kl } = other.composition.rescale(null, Infinity);
          expect(Math.abs(kl - divergence(rows['expert']!, rows['base']!))).toBeLessThan(1e-4);
          expect(other.output).toEqual(rows['expert']);
        }),
        { numRuns: runs(20) },
      );
    });

    it('reports the composition of the formula alone, and the scale', () => {
      fc.assert(
        fc.property(rowSets, rewardOf, fc.nat(size - 1), (rows, rewards, tokenId) => {
          const plain = run(create, { ...options, keepRows: true }, rows).composition;
          const { composition } = run(create, { ...options, keepShift: true }, rows);
          const { scale } = composition.rescale(rewards, 0.05);
          expect(composition.logprob(tokenId)).toBe(plain.logprob(tokenId));
          expect(composition.topLogprobs(5)).toEqual(plain.topLogprobs(5));
          const explanation = plain.explain(tokenId, 3);
          expect(explanation.klScale).toBe(1);
          expect(composition.explain(tokenId, 3)).toEqual({ ...explanation, klScale: scale });
          composition.reset(4);
          for (const name of composition.plan.models) composition.add(name, rows[name]!);
          expect(composition.explain(tokenId, 3)).toEqual(explanation);
        }),
        { numRuns: runs(20) },
      );
    });

    it('refuses misuse, and rewards that overflow', () => {
      const rows = Object.fromEntries(models.map((name) => [name, new Float32Array(size).fill(1)]));
      const plain = run(create, { formula: proxy, params, keepRows: true }, rows).composition;
      expect(() => plain.rescale(null, 1)).toThrow(ContractError);
      const { composition } = run(create, { formula: proxy, params, keepShift: true }, rows);
      expect(() => composition.rescale(null, -1)).toThrow(InvalidOptionError);
      const huge = { tokenIds: Int32Array.of(5), values: Float64Array.of(1e39) };
      expect(() => composition.rescale(huge, 1)).toThrow('overflow at token 5');
      expect(composition.rescale(null, 1)).toEqual({ scale: 1, kl: 0 });
    });
  });

  it('refuses logits that are not finite, naming model, position and token', () => {
    const plan = planComposition({ formula: formulaOf(proxy), params: { alpha: 1 }, base: 'base' });
    const composition = createComposition(plan, create(size, plan.rowCount));
    for (const bad of [NaN, Infinity, -Infinity]) {
      composition.reset(17);
      composition.add('base', new Float32Array(size));
      const row = new Float32Array(size);
      row[36] = bad;
      expect(() => composition.add('anti', row)).toThrow(NonFiniteLogitsError);
      expect(() => composition.add('anti', row)).toThrow(
        `anti gave ${bad} for token 36 at position 17`,
      );
      expect(composition.isComplete).toBe(false);
    }
  });

  it('refuses a sum that overflows', () => {
    const rows = Object.fromEntries(models.map((name) => [name, new Float32Array(size).fill(30)]));
    const options = { formula: 'base + alpha * expert', params: { alpha: 1e38 } };
    expect(() => run(create, options, rows)).toThrow(/overflows at token 0.*1e\+38 for expert/);
  });

  it('refuses misuse', () => {
    const plan = planComposition({ formula: formulaOf(proxy), params: { alpha: 1 }, base: 'base' });
    const row = new Float32Array(size);
    expect(() => createComposition(plan, create(size, plan.rowCount), 1)).toThrow(ContractError);
    const composition = createComposition(plan, create(size, plan.rowCount));
    composition.add('base', row);
    expect(() => composition.add('base', row)).toThrow('already added');
    expect(() => composition.add('other', row)).toThrow('needs base, expert, anti');
    expect(() => composition.add('anti', new Float32Array(3))).toThrow('gave 3 logits');
    expect(() => composition.finish()).toThrow('still needs expert, anti');
    composition.add('anti', row);
    composition.add('expert', row);
    expect(() => composition.explain(0, 1)).toThrow('keepRows');
    expect(() => composition.logprob(size)).toThrow('no token 37');
  });

  describe('with a vocabulary that is mapped', () => {
    const lacking = [5, 30];
    // The other's token i is the base's i, but 2 and 3 are swapped and two placeholders are missing.
    const toOther = Int32Array.from({ length: size }, (__, i) => {
      if (lacking.includes(i)) return -1;
      if (i === 2 || i === 3) return 5 - i;
      return i - lacking.filter((tokenId) => tokenId < i).length;
    });
    const otherSize = size - lacking.length + 1;
    const alignment: MappedVocabularies = {
      kind: 'mapped',
      baseSize: size,
      otherSize,
      toOther,
      toBase: new Int32Array(otherSize),
      sharedEnd: null,
      identicalPrefix: 2,
      lacking,
      report: '',
    };
    const alignments = new Map<string, VocabularyAlignment>([
      ['expert', alignment],
      ['anti', alignment],
    ]);
    const mappedRows = fc
      .tuple(logits(), logits(otherSize), logits(otherSize))
      .map(([base, expert, anti]) => ({ base, expert, anti }));

    it('gathers into the order of the base; tokens that are lacking keep their odds', () => {
      fc.assert(
        fc.property(mappedRows, (rows) => {
          const { composed } = run(
            create,
            { formula: proxy, params: { alpha: 1.5 }, alignments },
            rows,
          );
          const own = (row: Float32Array): number[] =>
            logSoftmax(Array.from(toOther, (o) => (o === -1 ? -Infinity : row[o]!)));
          const expert = own(rows.expert);
          const anti = own(rows.anti);
          // In log-probs: the composed logits differ from these by one constant.
          const expected = Array.from(rows.base, (x, i) =>
            lacking.includes(i) ? x : x + 1.5 * (expert[i]! - anti[i]!),
          );
          expect(
            worstError(
              logSoftmax(composed),
              logSoftmax(expected).map((x) => x),
            ),
          ).toBeLessThanOrEqual(1e-5);
        }),
        { numRuns: runs(50) },
      );
    });

    it('takes the sum of the ends that stand for one', () => {
      const sharedEnd = { tokenId: 4, others: [toOther[4]!, otherSize - 1] };
      const shared = new Map<string, VocabularyAlignment>([
        ['expert', { ...alignment, sharedEnd }],
        ['anti', { ...alignment, sharedEnd }],
      ]);
      const options = { formula: proxy, params: { alpha: 1.5 } };
      fc.assert(
        fc.property(mappedRows, (rows) => {
          const { composed } = run(create, { ...options, alignments: shared }, rows);
          // As if each model had one end, as probable as its two.
          const merge = (row: Float32Array): Float32Array => {
            const [a, b] = sharedEnd.others.map((tokenId) => row[tokenId]!);
            return row.with(toOther[4]!, Math.log(Math.exp(a!) + Math.exp(b!)));
          };
          const merged = { ...rows, expert: merge(rows.expert), anti: merge(rows.anti) };
          const expected = run(create, { ...options, alignments }, merged).composed;
          expect(worstError(composed, [...expected])).toBeLessThanOrEqual(1e-4);
        }),
        { numRuns: runs(30) },
      );
    });

    it('is the base bit for bit where expert = antiExpert', () => {
      fc.assert(
        fc.property(mappedRows, (rows) => {
          const same = { ...rows, anti: rows.expert };
          const options = { formula: proxy, params: { alpha: 0.7 }, alignments };
          expect(run(create, options, same).composed).toEqual(rows.base);
        }),
        { numRuns: runs(20) },
      );
    });

    it('never favours a lacking token under log-probs', () => {
      fc.assert(
        fc.property(mappedRows, (rows) => {
          const options = { formula: 'base + 10 * logp(expert)', alignments };
          const { composed } = run(create, options, rows);
          const base = logSoftmax(rows.base);
          expect(
            worstError(
              lacking.map((i) => composed[i]!),
              lacking.map((i) => rows.base[i]! + 10 * base[i]!),
            ),
          ).toBeLessThanOrEqual(1e-5);
        }),
        { numRuns: runs(20) },
      );
    });

    it('needs the base, and explains by its log-probs', () => {
      const rows = {
        base: Float32Array.from({ length: size }, (__, i) => Math.sin(i)),
        expert: new Float32Array(otherSize),
      };
      const options = { formula: 'expert', alignments, keepRows: true };
      expect(planOf('expert', { alignments }).models).toEqual(['expert', 'base']);
      const { composition, composed } = run(create, options, rows);
      expect(composition.plan.models).toEqual(['expert', 'base']);
      const base = logSoftmax(rows.base);
      const logZ = Math.log(size - lacking.length);
      expect(
        worstError(
          lacking.map((i) => composed[i]!),
          lacking.map((i) => base[i]! + logZ),
        ),
      ).toBeLessThanOrEqual(1e-5);
      const [term] = composition.explain(5, 1).terms;
      expect(worstError([term!.logprob], [base[5]!])).toBeLessThanOrEqual(1e-5);
    });

    it('names the base token of a logit that is not finite', () => {
      const plan = planComposition({
        formula: formulaOf(proxy),
        params: { alpha: 1 },
        base: 'base',
        alignments,
      });
      const composition = createComposition(plan, create(size, plan.rowCount));
      const row = new Float32Array(otherSize);
      row[2] = NaN;
      expect(() => composition.add('expert', row)).toThrow('token 3 at position 0');
      expect(() => createComposition(plan, create(size + 1, plan.rowCount))).toThrow('37');
    });
  });
});

function planOf(text: string, more: Partial<PlanCompositionOptions> = {}): CompositionPlan {
  const formula = formulaOf(text);
  return planComposition({ formula, params: { alpha: 1, beta: 1 }, base: 'base', ...more });
}

describe('planComposition', () => {
  it('counts rows', () => {
    expect(planOf('base').rowCount).toBe(1);
    expect(planOf('base', { keepRows: true }).rowCount).toBe(2);
    expect(planOf(proxy).rowCount).toBe(4);
    expect(planOf(proxy, { keepRows: true }).rowCount).toBe(5);
    expect(planOf(proxy, { keepShift: true })).toMatchObject({ rowCount: 6, keepRows: true });
    expect(planOf('expert', { keepShift: true })).toMatchObject({
      rowCount: 4,
      models: ['expert', 'base'],
    });
    expect(planOf(proxy, { plausibility: { topP: 0.9, models: ['other'] } })).toMatchObject({
      rowCount: 6,
      models: ['base', 'expert', 'anti', 'other'],
    });
  });

  it('refuses what cannot be composed', () => {
    expect(() => planOf('alpha * base', { params: { alpha: 0 } })).toThrow('every coefficient');
    expect(() => planOf('base / alpha', { params: { alpha: 0 } })).toThrow('alpha = 0');
    for (const minP of [0, -1, 1.01, NaN]) {
      expect(() => planOf(proxy, { plausibility: { minP, models: ['base'] } })).toThrow(
        InvalidOptionError,
      );
    }
    expect(() => planOf(proxy, { plausibility: { topP: 0.9, models: [] } })).toThrow('is empty');
  });
});
