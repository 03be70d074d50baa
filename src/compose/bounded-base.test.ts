import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.ts';
import { createReferenceRowKernels } from '../math/index.ts';
import { ContractError, type SparseRow } from '../spec/index.ts';
import { createComposition, type Composition } from './composition.ts';
import { parseFormula } from './parser.ts';
import { planComposition } from './plan.ts';

const size = 19;
const models = ['base', 'expert', 'anti'];

const logits = fc
  .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: size, maxLength: size })
  .map((values) => Float32Array.from(values));

const logprobs = logits.map((x) => {
  const logZ = Math.log(x.reduce((sum, one) => sum + Math.exp(one), 0));
  return x.map((one) => one - logZ);
});

/** The `count` best of a row. */
function best(row: Float32Array, count: number): SparseRow {
  const order = Int32Array.from(row.keys()).toSorted((a, b) => row[b]! - row[a]! || a - b);
  const rest = order.slice(count).reduce((sum, id) => sum + Math.exp(row[id]!), 0);
  const tokenIds = order.slice(0, count);
  return {
    tokenIds,
    logprobs: Float32Array.from(tokenIds, (id) => row[id]!),
    restMass: rest,
    restLogprob: Math.min(row[tokenIds.at(-1)!]!, Math.log(rest)),
  };
}

function compositionOf(formula: string, keepRows: boolean): Composition {
  const plan = planComposition({
    formula: parseFormula(formula, { models, params: [] }),
    params: {},
    base: 'base',
    keepRows,
  });
  return createComposition(plan, createReferenceRowKernels(size, plan.rowCount + 1), 1);
}

const formulas = fc.constantFrom(
  'base',
  'logp(base)',
  'base + 0.7 * (expert - anti)',
  'expert + 0.5 * logp(base)',
  '1.5 * base + logp(expert) - anti',
);

describe('a composition over a base that tells some tokens alone', () => {
  it('has the logits of the whole row where they are known, and bounds elsewhere', () => {
    fc.assert(
      fc.property(
        formulas,
        fc.boolean(),
        logprobs,
        logits,
        logits,
        fc.integer({ min: 1, max: size }),
        fc.integer({ min: 1, max: size }),
        (formula, keepRows, base, expert, anti, ...counts) => {
          const [few, more] = counts.toSorted((a, b) => a - b) as [number, number];
          const whole = compositionOf(formula, keepRows);
          const sparse = compositionOf(formula, keepRows);
          for (const model of whole.plan.models) {
            const row = { base, expert, anti }[model]!;
            whole.add(model, row);
            sparse.add(model, model === 'base' ? best(base, few) : row);
          }
          whole.finish();
          for (const count of [few, more]) {
            if (count !== few) sparse.revise(best(base, count));
            sparse.finish();
            const { known } = sparse.bounds!;
            expect(known.reduce((sum, one) => sum + one, 0)).toBe(count);
            const ids = Array.from(known.keys()).filter((id) => known[id] === 1);
            const apart = ids.map((id) => Math.abs(sparse.logprob(id) - whole.logprob(id)));
            expect(Math.max(...apart)).toBeLessThanOrEqual(sparse.logprobError + 1e-4);
            expect(sparse.logprobError).toBeLessThan(count === size ? 1e-6 : Infinity);
          }
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('explains a token by what is known', () => {
    const composition = compositionOf('base + expert - anti', true);
    const row = (at: number) => Float32Array.from({ length: size }, (_, i) => (i === at ? 3 : 0));
    const logZ = Math.log(Math.exp(3) + size - 1);
    composition.add(
      'base',
      best(
        row(4).map((x) => x - logZ),
        2,
      ),
    );
    composition.add('expert', row(0));
    composition.add('anti', row(1));
    composition.finish();
    const { baseChoice, topBefore, topAfter, terms } = composition.explain(4, 5);
    expect(baseChoice.tokenId).toBe(4);
    expect(baseChoice.logprob).toBeCloseTo(3 - logZ, 5);
    expect(topBefore.map(({ tokenId }) => tokenId)).toEqual([4, 0]);
    expect(topAfter.map(({ tokenId }) => tokenId)).toEqual(expect.arrayContaining([0, 4]));
    expect(terms[0]).toMatchObject({ model: 'base', coefficient: 1 });
  });

  it('knows all of the composition that the base has no part in', () => {
    const composition = compositionOf('expert - 0 * base', false);
    composition.add('expert', new Float32Array(size));
    composition.finish();
    expect(composition.bounds).toBeNull();
    expect(composition.logprobError).toBe(0);
  });

  it('takes a sparse row of no model whose tokens are not those of the output', () => {
    const alignment = {
      kind: 'mapped' as const,
      baseSize: size,
      otherSize: size,
      identicalPrefix: size,
      toOther: Int32Array.from({ length: size }, (_, i) => i),
      toBase: Int32Array.from({ length: size }, (_, i) => i),
      sharedEnd: null,
      lacking: [],
      report: '',
    };
    const plan = planComposition({
      formula: parseFormula('base + expert', { models, params: [] }),
      params: {},
      base: 'base',
      alignments: new Map([['expert', alignment]]),
    });
    const composition = createComposition(plan, createReferenceRowKernels(size, plan.rowCount));
    const row = best(new Float32Array(size).fill(-Math.log(size)), 3);
    expect(() => composition.add('expert', row)).toThrow(ContractError);
  });
});
