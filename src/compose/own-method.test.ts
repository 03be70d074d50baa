import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { createReferenceRowKernels, createRowKernels, type RowKernels } from '../math/index.ts';
import {
  ContractError,
  FormulaError,
  InvalidOptionError,
  NonFiniteLogitsError,
} from '../spec/index.ts';
import type { MappedVocabularies } from './alignment.ts';
import { createComposition, type Composition } from './composition.ts';
import { scale, sum } from './formula.ts';
import { composedBy, type ComposedByOptions } from './own-method.ts';
import { parseFormula } from './parser.ts';
import { planComposition, type PlanCompositionOptions } from './plan.ts';
import { serializeFormula } from './serialize.ts';

type Rows = Readonly<Record<string, Float32Array>>;
type Create = (length: number, count: number) => RowKernels;

const size = 37; // not a multiple of any vector width
const models = ['base', 'expert', 'anti'] as const;

const row = fc
  .array(fc.float({ min: -12, max: 12, noNaN: true }), { minLength: size, maxLength: size })
  .map((values) => Float32Array.from(values, (value) => value + 0)); // no -0
const rowSets = fc
  .tuple(row, row, row)
  .map((rows): Rows => Object.fromEntries(rows.map((each, i) => [models[i]!, each])));

type Compose = ComposedByOptions<(typeof models)[number]>['compose'];

/** `base + alpha (expert - anti)`, in the order of the formula's own sum. */
const proxied: Compose = ({ base, expert, anti }, out, _, { alpha }) => {
  const { fround } = Math;
  for (let i = 0; i < out.length; i++) {
    const raised = fround(0 + fround(fround(alpha!) * expert[i]!));
    out[i] = fround(fround(raised + fround(fround(-alpha!) * anti[i]!)) + base[i]!);
  }
};

function compose(
  create: Create,
  method: Compose,
  rows: Rows,
  more: Partial<PlanCompositionOptions> = {},
): { readonly composition: Composition; readonly composed: Float32Array } {
  const formula = composedBy({ name: 'own', models, compose: method });
  const options = { formula, params: { alpha: 0.75 }, base: 'base', ...more };
  return composeBy(create, options, rows);
}

function composeBy(create: Create, options: PlanCompositionOptions, rows: Rows) {
  const plan = planComposition(options);
  const kernels = create(size, plan.rowCount + 1);
  const composition = createComposition(plan, kernels, 1);
  for (const factor of [-0.5, 1]) {
    composition.reset(11);
    for (const name of plan.models) {
      composition.add(
        name,
        rows[name]!.map((x) => factor * x),
      );
    }
    composition.finish();
  }
  const composed = kernels.row(composition.finish()).slice();
  return { composition, composed };
}

const flat = Object.fromEntries(models.map((name) => [name, new Float32Array(size).fill(1)]));

describe.each([
  ['SIMD', createRowKernels],
  ['reference', createReferenceRowKernels],
])("a method of one's own on %s kernels", (_, create) => {
  it('is called once a position with the rows, the base in `out`, the position and the params', () => {
    const calls: unknown[][] = [];
    const { composition, composed } = compose(
      create,
      (rows, out, position, params) => {
        calls.push([Object.keys(rows), out.slice(), position, params]);
        out[3] = 9;
      },
      { ...flat, base: Float32Array.from({ length: size }, (__, i) => i) },
    );
    expect(composition.plan.models).toEqual(models);
    expect(calls).toHaveLength(2);
    const [names, base, position, params] = calls[1]!;
    expect([names, position, params]).toEqual([[...models], 11, { alpha: 0.75 }]);
    expect(base).toEqual(Float32Array.from({ length: size }, (__, i) => i));
    expect(composed).toEqual(Float32Array.from({ length: size }, (__, i) => (i === 3 ? 9 : i)));
  });

  it('that is a formula composes what the formula does, with mask, budget and reports', () => {
    const text = parseFormula('base + alpha * (expert - anti)', { models, params: ['alpha'] });
    const plausibility = { minP: 0.01, models: ['base'] };
    fc.assert(
      fc.property(rowSets, (rows) => {
        const more = { plausibility, keepShift: true };
        const own = compose(create, proxied, rows, more);
        const formula = { formula: text, params: { alpha: 0.75 }, base: 'base', ...more };
        const { composition, composed } = composeBy(create, formula, rows);
        expect(own.composed).toEqual(composed);
        expect(own.composition.topLogprobs(5)).toEqual(composition.topLogprobs(5));
        expect(own.composition.rescale(null, 0.05)).toEqual(composition.rescale(null, 0.05));
        const { terms, models: told, ...explained } = own.composition.explain(4, 3);
        const { terms: shares, models: none, ...expected } = composition.explain(4, 3);
        expect(explained).toEqual(expected);
        expect([terms, none]).toEqual([[], []]);
        const logprobs = new Map(shares.map(({ model, logprob }) => [model, logprob]));
        expect(told).toEqual(models.map((model) => ({ model, logprob: logprobs.get(model) })));
      }),
      { numRuns: runs(30) },
    );
  });

  it('may ban tokens, which a KL budget takes for a mask', () => {
    const { composition, composed } = compose(
      create,
      (__, out) => {
        out[0] = -Infinity;
        out[5]! += 4;
      },
      flat,
      { keepShift: true },
    );
    expect(composed[0]).toBe(-Infinity);
    const { scale: left, kl } = composition.rescale(null, 0.1);
    expect(left).toBeLessThan(1);
    expect(kl).toBeGreaterThan(0.099);
    expect(composition.logprob(0)).toBe(-Infinity);
  });

  it.each([
    [NaN, 'own gave NaN for token 7 at position 11'],
    [Infinity, 'own gave Infinity for token 7 at position 11'],
  ])('is refused where it gives %d, with its name, the token and the position', (bad, message) => {
    const giving: Compose = (__, out) => {
      out[2] = -Infinity;
      out[7] = bad;
    };
    expect(() => compose(create, giving, flat)).toThrow(NonFiniteLogitsError);
    expect(() => compose(create, giving, flat)).toThrow(message);
  });

  it('is refused where it leaves nothing to choose, or returns something', () => {
    expect(() => compose(create, (__, out) => void out.fill(-Infinity), flat)).toThrow(
      'own bans every token at position 11',
    );
    const later = (async () => {}) as Compose;
    expect(() => compose(create, later, flat)).toThrow(ContractError);
    expect(() => compose(create, later, flat)).toThrow('own returned a promise at position 11');
    const thrown = new TypeError('mine');
    expect(() =>
      compose(
        create,
        () => {
          throw thrown;
        },
        flat,
      ),
    ).toThrow(thrown);
  });

  it('sees tokens that a model lacks as the base does', () => {
    const lacking = [4, 9];
    const otherSize = size - lacking.length;
    const alignment: MappedVocabularies = {
      kind: 'mapped',
      baseSize: size,
      otherSize,
      toOther: Int32Array.from({ length: size }, (__, i) =>
        lacking.includes(i) ? -1 : i - lacking.filter((tokenId) => tokenId < i).length,
      ),
      toBase: new Int32Array(otherSize),
      sharedEnd: null,
      identicalPrefix: 4,
      lacking,
      report: '',
    };
    const alignments = new Map([['expert', alignment]]);
    fc.assert(
      fc.property(rowSets, (rows) => {
        const expert = rows['expert']!.slice(lacking.length);
        let seen = new Float32Array();
        const { composition } = compose(
          create,
          ({ expert: whole }) => void (seen = whole.slice()),
          { ...rows, expert },
          { alignments },
        );
        expect(composition.modelRows()['expert']).toEqual(seen);
        const logZ = logSumExp(expert);
        const baseZ = logSumExp(rows['base']!);
        for (const [i, value] of seen.entries()) {
          const own = alignment.toOther[i]!;
          const expected = own === -1 ? rows['base']![i]! - baseZ + logZ : expert[own]!;
          expect(Math.abs(value - expected)).toBeLessThan(1e-4);
        }
      }),
      { numRuns: runs(20) },
    );
  });
});

function logSumExp(values: Float32Array): number {
  const max = Math.max(...values);
  return max + Math.log(values.reduce((total, x) => total + Math.exp(x - max), 0));
}

describe('composedBy', () => {
  const nothing = () => {};
  const formula = composedBy({ name: 'own', models: ['base', 'expert', 'base'], compose: nothing });

  it('is shown by its name and its models, and is no term of another formula', () => {
    expect(serializeFormula(formula)).toBe('own(base, expert)');
    for (const act of [() => scale(2, formula), () => sum(formula, formula)]) {
      expect(act).toThrow(FormulaError);
      expect(act).toThrow('own is no term');
    }
  });

  it('takes no schedule, and keeps all rows whatever the params are', () => {
    const plan = { formula, params: { alpha: 0 }, base: 'base' };
    expect(planComposition(plan).models).toEqual(['base', 'expert']);
    const scheduled = { ...plan, schedules: { alpha: { junctions: 1 } } };
    expect(() => planComposition(scheduled)).toThrow('own is a function: let it choose for itself');
  });

  it.each([
    [{ name: '' }, 'needs a name'],
    [{ models: [] }, 'names no model'],
    [{ compose: 3 as never }, 'must be a function'],
  ])('refuses %j', (given, message) => {
    const act = () => composedBy({ name: 'own', models: ['base'], compose: nothing, ...given });
    expect(act).toThrow(InvalidOptionError);
    expect(act).toThrow(message);
  });
});
