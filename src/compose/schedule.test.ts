import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { createReferenceRowKernels, createRowKernels, type RowKernels } from '../math/index.ts';
import { InvalidOptionError, type ResolvedSchedule } from '../spec/index.ts';
import type { MappedVocabularies, VocabularyAlignment } from './alignment.ts';
import { createComposition, type Composition } from './composition.ts';
import { evaluateCoefficient } from './coefficient.ts';
import { lineOf } from './coefficient-line.ts';
import { parseFormula } from './parser.ts';
import { planComposition, type PlanCompositionOptions } from './plan.ts';

type Rows = Readonly<Record<string, Float32Array>>;

const size = 37; // not a multiple of any vector width
const models = ['base', 'expert', 'anti', 'other'];
const proxy = 'base + alpha * (expert - anti)';

const logits = (length = size): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.float({ min: -12, max: 12, noNaN: true }), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values, (value) => value + 0)); // no -0

const rowSets: fc.Arbitrary<Rows> = fc
  .tuple(logits(), logits(), logits(), logits())
  .map((rows) => Object.fromEntries(rows.map((row, i) => [models[i]!, row])));

const alphas = fc.oneof(
  fc.double({ min: 0.01, max: 4, noNaN: true }),
  fc.double({ min: -2, max: -0.01, noNaN: true }),
);

interface Given extends Omit<PlanCompositionOptions, 'formula' | 'base' | 'params'> {
  readonly formula?: string;
  readonly params: Readonly<Record<string, number>>;
  readonly base?: string;
}

const planOf = ({ formula = proxy, base = 'base', ...options }: Given) =>
  planComposition({
    ...options,
    base,
    formula: parseFormula(formula, { models, params: ['alpha', 'beta', 'idle'] }),
  });

interface Run {
  readonly composition: Composition;
  readonly composed: Float32Array;
  readonly alpha: number;
}

function run(create: (length: number, count: number) => RowKernels, given: Given, rows: Rows): Run {
  const plan = planOf(given);
  const kernels = create(size, plan.rowCount + 2);
  const composition = createComposition(plan, kernels, 1);
  // A position with other rows first: nothing of it may be left.
  for (const factor of [-0.5, 1]) {
    composition.reset(3);
    for (const name of plan.models) {
      composition.add(
        name,
        rows[name]!.map((x) => factor * x),
      );
    }
    composition.logprob(0);
  }
  for (const outside of [0, plan.rowCount + 1]) {
    expect(kernels.row(outside).every((value) => value === 0)).toBe(true);
  }
  const composed = kernels.row(composition.finish()).slice();
  return { composition, composed, alpha: composition.scheduledParams()['alpha']! };
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
  return logP.reduce((sum, x, i) => sum + (x === -Infinity ? 0 : Math.exp(x) * (x - logQ[i]!)), 0);
}

function entropy(row: ArrayLike<number>): number {
  return -logSoftmax(row).reduce((sum, x) => sum + Math.exp(x) * x, 0);
}

/** How far proxy-tuning at an alpha leads from the base, in float64. */
function klAt({ base, expert, anti }: Rows, alpha: number): number {
  const composed = Array.from(base!, (x, i) => x + alpha * (expert![i]! - anti![i]!));
  return divergence(composed, base!);
}

/** The alpha between 0 and `cap` at which that is the target, by halving alone. */
function bisected(rows: Rows, cap: number, target: number): number {
  if (klAt(rows, cap) <= target) return cap;
  let [low, high] = [0, 1];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (klAt(rows, middle * cap) <= target) low = middle;
    else high = middle;
  }
  return low * cap;
}

const scheduleOf = (alpha: ResolvedSchedule) => ({ schedules: { alpha } });

describe.each([
  ['SIMD', createRowKernels],
  ['reference', createReferenceRowKernels],
])('a schedule on %s kernels', (_, create) => {
  describe('match: kl', () => {
    const matched = scheduleOf({ match: 'kl' });

    it('leads the base as far as the expert is from its anti-expert', () => {
      fc.assert(
        fc.property(rowSets, alphas, (rows, cap) => {
          const { alpha, composed } = run(create, { params: { alpha: cap }, ...matched }, rows);
          const target = divergence(rows['expert']!, rows['anti']!);
          // Where the divergence hardly rises any more, many alphas are as good.
          const exact = klAt(rows, bisected(rows, cap, target));
          expect(Math.abs(klAt(rows, alpha) - exact)).toBeLessThanOrEqual(1e-3 * exact + 1e-4);
          const spent = divergence(composed, rows['base']!);
          expect(spent).toBeLessThanOrEqual(target + 1e-4);
          expect(spent).toBeGreaterThanOrEqual(alpha === cap ? 0 : target * 0.998 - 1e-4);
        }),
        { numRuns: runs(100) },
      );
    });

    it('is what halving finds', () => {
      const row = (frequency: number) =>
        Float32Array.from({ length: size }, (__, i) => 2 * Math.sin(frequency * i));
      const rows = { base: row(1.1), expert: row(0.7), anti: row(0.9), other: row(1) };
      const target = divergence(rows.expert, rows.anti);
      const exact = bisected(rows, 9, target);
      expect(exact).toBeGreaterThan(0.3);
      expect(exact).toBeLessThan(3);
      const { alpha } = run(create, { params: { alpha: 9 }, ...matched }, rows);
      expect(Math.abs(alpha - exact)).toBeLessThan(2e-3 * exact);
      expect(run(create, { params: { alpha: 0.3 }, ...matched }, rows).alpha).toBe(0.3);
    });

    it('is never more than the value, nor of another sign', () => {
      fc.assert(
        fc.property(rowSets, alphas, (rows, cap) => {
          const { alpha } = run(create, { params: { alpha: cap }, ...matched }, rows);
          expect(alpha / cap).toBeGreaterThanOrEqual(0);
          expect(alpha / cap).toBeLessThanOrEqual(1);
        }),
        { numRuns: runs(50) },
      );
    });

    it('is 1 where the base is the anti-expert, and the value allows it', () => {
      fc.assert(
        fc.property(rowSets, (rows) => {
          const [base, expert] = [rows['base']!, rows['expert']!].map((row) =>
            row.map((x) => x / 8),
          );
          const same = { base: base!, expert: expert!, anti: base! };
          const { alpha } = run(create, { params: { alpha: 3 }, ...matched }, same);
          expect(Math.abs(alpha - 1)).toBeLessThan(0.02);
        }),
        { numRuns: runs(30) },
      );
    });

    it('is the base bit for bit where expert = antiExpert', () => {
      fc.assert(
        fc.property(rowSets, alphas, (rows, cap) => {
          const same = { ...rows, anti: rows['expert']! };
          const { composed } = run(create, { params: { alpha: cap }, ...matched }, same);
          expect(composed).toEqual(rows['base']);
        }),
        { numRuns: runs(30) },
      );
    });

    it('compares the weighted sides of a difference of several models', () => {
      const formula = 'base + alpha * (0.25 * expert + 0.5 * logp(other) - 0.75 * anti)';
      fc.assert(
        fc.property(rowSets, (rows) => {
          const { composed, alpha } = run(
            create,
            { formula, params: { alpha: 4 }, ...matched },
            rows,
          );
          const raised = Array.from(
            rows['expert']!,
            (x, i) => x / 3 + (2 * rows['other']![i]!) / 3,
          );
          const target = divergence(raised, rows['anti']!);
          const spent = divergence(composed, rows['base']!);
          expect(spent).toBeLessThanOrEqual(target + 1e-4);
          expect(spent).toBeGreaterThanOrEqual(alpha === 4 ? 0 : target * 0.998 - 1e-4);
        }),
        { numRuns: runs(30) },
      );
    });

    it('holds for a base that is a side of the difference', () => {
      const given = { formula: '(1 + alpha) * base - alpha * anti', params: { alpha: 5 } };
      fc.assert(
        fc.property(rowSets, (rows) => {
          const { composed, alpha } = run(create, { ...given, ...matched }, rows);
          const target = divergence(rows['base']!, rows['anti']!);
          const spent = divergence(composed, rows['base']!);
          expect(spent).toBeLessThanOrEqual(target + 1e-4);
          expect(spent).toBeGreaterThanOrEqual(alpha === 5 ? 0 : target * 0.998 - 1e-4);
        }),
        { numRuns: runs(30) },
      );
    });

    it.each([
      ['the same tokens', [5, 30], [5, 30]],
      ['other tokens', [5], [30]],
    ])('leaves out what the sides lack, %s', (__, ofExpert, ofAnti) => {
      const alignments = new Map<string, VocabularyAlignment>([
        ['expert', lackingAlignment(ofExpert)],
        ['anti', lackingAlignment(ofAnti)],
      ]);
      fc.assert(
        fc.property(rowSets, (rows) => {
          const own = {
            ...rows,
            expert: rows['expert']!.slice(ofExpert.length),
            anti: rows['anti']!.slice(ofAnti.length),
          };
          const { composed, alpha } = run(
            create,
            { params: { alpha: 3 }, alignments, ...matched },
            own,
          );
          const shared = (name: 'expert' | 'anti') => {
            const { toOther } = alignments.get(name) as MappedVocabularies;
            return [...toOther.keys()]
              .filter((i) => !ofExpert.includes(i) && !ofAnti.includes(i))
              .map((i) => own[name][toOther[i]!]!);
          };
          const target = divergence(shared('expert'), shared('anti'));
          const spent = divergence(composed, rows['base']!);
          expect(spent).toBeLessThanOrEqual(target + 1e-4);
          expect(spent).toBeGreaterThanOrEqual(alpha === 3 ? 0 : target * 0.998 - 1e-4);
        }),
        { numRuns: runs(30) },
      );
    });
  });

  describe('junctions', () => {
    it('is the base bit for bit, unmasked, below so many nats, and the formula elsewhere', () => {
      const plausibility = { minP: 0.05, models: ['base'] };
      fc.assert(
        fc.property(
          rowSets,
          alphas,
          fc.double({ min: 0, max: 3, noNaN: true }),
          (rows, cap, nats) => {
            const exact = entropy(rows['base']!);
            fc.pre(Math.abs(exact - nats) > 1e-4);
            const given = { params: { alpha: cap }, plausibility };
            const { composed, alpha } = run(
              create,
              { ...given, ...scheduleOf({ junctions: nats }) },
              rows,
            );
            expect(alpha).toBe(exact < nats ? 0 : cap);
            expect(composed).toEqual(
              exact < nats ? rows['base'] : run(create, given, rows).composed,
            );
          },
        ),
        { numRuns: runs(60) },
      );
    });

    it('knows the entropy of a row', () => {
      // Two tokens alike and the others far away: log 2.
      const base = new Float32Array(size).fill(-40);
      base[3] = 2;
      base[7] = 2;
      const rows = { base, expert: base.map((x) => x / 2), anti: base };
      const alphaAt = (junctions: number) =>
        run(create, { params: { alpha: 0.5 }, ...scheduleOf({ junctions }) }, rows).alpha;
      expect(alphaAt(0.693)).toBe(0.5);
      expect(alphaAt(0.6932)).toBe(0);
    });

    it('at 0 nats is the formula bit for bit, everywhere', () => {
      fc.assert(
        fc.property(rowSets, alphas, fc.boolean(), (rows, cap, keepShift) => {
          const given = { params: { alpha: cap }, keepShift };
          const { composed, composition } = run(
            create,
            { ...given, ...scheduleOf({ junctions: 0 }) },
            rows,
          );
          const plain = run(create, given, rows);
          expect(composed).toEqual(plain.composed);
          expect(composition.topLogprobs(5)).toEqual(plain.composition.topLogprobs(5));
        }),
        { numRuns: runs(30) },
      );
    });

    it('leaves the terms of other params', () => {
      const formula = 'base + alpha * (expert - anti) + beta * (other - anti)';
      fc.assert(
        fc.property(rowSets, (rows) => {
          const given = { formula, params: { alpha: 1, beta: 0.5 } };
          const { composed } = run(create, { ...given, ...scheduleOf({ junctions: 99 }) }, rows);
          const without = run(create, { ...given, params: { alpha: 0, beta: 0.5 } }, rows);
          expect(composed).toEqual(without.composed);
        }),
        { numRuns: runs(20) },
      );
    });
  });

  it('takes both: 0 below the junctions, and what matches elsewhere', () => {
    fc.assert(
      fc.property(rowSets, alphas, (rows, cap) => {
        const exact = entropy(rows['base']!);
        const given = { params: { alpha: cap } };
        const both = (junctions: number) =>
          run(create, { ...given, ...scheduleOf({ match: 'kl', junctions }) }, rows).alpha;
        expect(both(exact + 1e-3)).toBe(0);
        const matched = run(create, { ...given, ...scheduleOf({ match: 'kl' }) }, rows).alpha;
        expect(both(Math.max(0, exact - 1e-3))).toBe(matched);
      }),
      { numRuns: runs(30) },
    );
  });

  it('composes what a plan with its values does, bit for bit', () => {
    const formulas = fc.constantFrom(
      proxy,
      '(1 + alpha) * base - alpha * logp(anti)',
      'alpha * (logp(expert) - anti) + base',
      'alpha * other + (1 - alpha) * base',
    );
    const schedules = fc.constantFrom<ResolvedSchedule>(
      { match: 'kl' },
      { match: 'kl', junctions: 1.5 },
      { junctions: 1.5 },
    );
    const plausibility = { minP: 0.01, models: ['base', 'anti'] };
    fc.assert(
      fc.property(rowSets, formulas, schedules, alphas, (rows, formula, schedule, cap) => {
        const given = { formula, plausibility, keepShift: true };
        const { composed, composition, alpha } = run(
          create,
          { ...given, params: { alpha: cap }, ...scheduleOf(schedule) },
          rows,
        );
        const plain = run(create, { ...given, params: { alpha } }, rows);
        expect(composed).toEqual(plain.composed);
        expect(composition.logprob(4)).toBe(plain.composition.logprob(4));
        const { terms, params, ...explained } = composition.explain(4, 3);
        const { terms: plainTerms, params: none, ...expected } = plain.composition.explain(4, 3);
        expect(explained).toEqual(expected);
        expect(params).toEqual({ alpha });
        expect(none).toEqual({});
        expect(terms.filter(({ coefficient }) => coefficient !== 0)).toEqual(plainTerms);
        expect(composition.rescale(null, 0.05)).toEqual(plain.composition.rescale(null, 0.05));
      }),
      { numRuns: runs(60) },
    );
  });

  it('does nothing where the param is 0, which leaves the base alone', () => {
    const rows = Object.fromEntries(models.map((name) => [name, new Float32Array(size).fill(1)]));
    for (const given of [
      { params: { alpha: 0 } },
      { formula: 'base + beta * alpha * (expert - anti)', params: { alpha: 1, beta: 0 } },
    ]) {
      const { composition } = run(create, { ...given, ...scheduleOf({ match: 'kl' }) }, rows);
      expect(composition.plan.models).toEqual(['base']);
      expect(composition.plan.schedule).toBeNull();
      expect(composition.scheduledParams()).toEqual({});
    }
  });
});

/** Of a model that has the base's tokens in their order, but lacks some. */
function lackingAlignment(lacking: readonly number[]): MappedVocabularies {
  const otherSize = size - lacking.length;
  const toOther = Int32Array.from({ length: size }, (_, i) =>
    lacking.includes(i) ? -1 : i - lacking.filter((tokenId) => tokenId < i).length,
  );
  return {
    kind: 'mapped',
    baseSize: size,
    otherSize,
    toOther,
    toBase: new Int32Array(otherSize),
    sharedEnd: null,
    identicalPrefix: lacking[0]!,
    lacking,
    report: '',
  };
}

describe('a schedule that the formula does not admit', () => {
  const params = { alpha: 1, beta: 0.5, idle: 1 };
  const refusal = (formula: string, schedules: NonNullable<Given['schedules']>, base = 'base') => {
    try {
      planOf({ formula, params, schedules, base });
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidOptionError);
      const { option, message } = error as InvalidOptionError;
      return `${option} | ${message}`;
    }
    return 'admitted';
  };
  const match = { alpha: { match: 'kl' } } as const;
  const junctions = { alpha: { junctions: 1 } } as const;

  it.each([
    ['0.5 * base + alpha * (expert - anti)', 'there is 0.5 times base in it'],
    ['alpha * (expert - anti)', 'there is no base in it'],
    ['base + alpha * (expert - anti) + 0.1 * other', 'there is other in it, too'],
    ['base + (expert - anti) / alpha', 'in which alpha can be 0'],
    ['base + alpha * alpha * (expert - anti)', 'linear in alpha'],
    ['base + alpha * expert', 'it raises by 1 and lowers by 0'],
    ['base + alpha * (expert - 0.5 * anti)', 'it raises by 1 and lowers by 0.5'],
    ['base + beta * expert', 'Its params are beta'],
    ['base', 'It uses no params'],
  ])('to match: %s', (formula, reason) => {
    const message = refusal(formula, match);
    expect(message).toMatch(/^schedules\.alpha \| schedules\.alpha/);
    expect(message).toContain(reason);
  });

  it('to be of junctions', () => {
    expect(refusal('alpha * expert + (1 - alpha) * anti', junctions, 'expert')).toContain(
      'needs a formula that is expert, times 1, where alpha is 0',
    );
    expect(refusal('base + expert / alpha', junctions)).toContain('alpha can be 0');
    expect(refusal('base + alpha * expert + beta * other', junctions)).toBe('admitted');
    expect(refusal('base + alpha * alpha * expert', junctions)).toBe('admitted');
  });

  it('of two params that match', () => {
    const formula = 'base + alpha * (expert - anti) + beta * (other - anti)';
    const message = refusal(formula, { ...match, beta: { match: 'kl' } });
    expect(message).toContain(
      'schedules.beta | schedules.beta: alpha matches a divergence already',
    );
  });
});

describe('lineOf', () => {
  const lineIn = (text: string) => {
    const { terms } = parseFormula(`(${text}) * base`, { models, params: ['alpha', 'beta'] });
    return terms[0]!.coefficient;
  };
  const valueAt = (expression: string, alpha: number) =>
    evaluateCoefficient(lineIn(expression), { alpha, beta: 3 });

  it.each(['2 + alpha', '(1 - alpha) / beta', '-(alpha * beta) + 1', 'beta * (alpha - 2)', '7'])(
    'is the line of %s',
    (text) => {
      const { constant, slope } = lineOf(lineIn(text), 'alpha')!;
      const [at1, at3] = [valueAt(text, 1), valueAt(text, 3)];
      const rise = (at3 - at1) / 2;
      expect(evaluateCoefficient(slope, { beta: 3 })).toBeCloseTo(rise, 12);
      expect(evaluateCoefficient(constant, { beta: 3 })).toBeCloseTo(at1 - rise, 12);
    },
  );

  it.each(['1 / alpha', 'alpha * alpha', 'beta / (1 + alpha)', '1 - alpha / alpha'])(
    'is none of %s',
    (text) => {
      expect(lineOf(lineIn(text), 'alpha')).toBeNull();
    },
  );
});
