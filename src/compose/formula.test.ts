import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { FormulaError, InvalidOptionError } from '../spec/index.ts';
import {
  add,
  divide,
  multiply,
  negate,
  param,
  subtract,
  type CoefficientExpression,
} from './coefficient.ts';
import {
  evaluateCoefficients,
  formulaModels,
  formulaParams,
  logp,
  model,
  scale,
  sum,
  type Formula,
} from './formula.ts';
import { maxFormulaDepth, parseFormula } from './parser.ts';
import { serializeFormula } from './serialize.ts';

const names = {
  models: ['large', 'small', 'chat', 'expert', 'amateur', 'base', 'reward'],
  params: ['alpha', 'beta'],
};
const parse = (text: string): Formula => parseFormula(text, names);

/** `[space model, coefficient]` of every term. */
function terms(text: string, params: Record<string, number>): [string, number][] {
  const formula = parse(text);
  const values = evaluateCoefficients(formula, params);
  return formula.terms.map(({ model: name, space }, i) => [
    space === 'logits' ? name : `logp ${name}`,
    values[i]!,
  ]);
}

function outcomeOf(text: string): Formula | FormulaError {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof FormulaError) return error;
    throw error;
  }
}

function errorOf(text: string): FormulaError {
  const outcome = outcomeOf(text);
  if (outcome instanceof FormulaError) return outcome;
  throw new Error(`${text} parsed.`);
}

const nested = (depth: number): string => `${'('.repeat(depth)}large${')'.repeat(depth)}`;

describe('parseFormula', () => {
  it('reads linear combinations in order of first appearance', () => {
    expect(terms('large + alpha * (chat - small)', { alpha: 0.7 })).toEqual([
      ['large', 1],
      ['chat', 0.7],
      ['small', -0.7],
    ]);
    expect(terms('(1 + beta) * logp(expert) - beta * logp(amateur)', { beta: 0.5 })).toEqual([
      ['logp expert', 1.5],
      ['logp amateur', -0.5],
    ]);
    expect(terms('base + (1/beta) * logp(reward)', { beta: 4 })).toEqual([
      ['base', 1],
      ['logp reward', 0.25],
    ]);
  });

  it('binds as arithmetic does', () => {
    expect(terms('-large / 2 + 2 * 3 * small', {})).toEqual([
      ['large', -0.5],
      ['small', 6],
    ]);
    expect(terms('large - (small - chat)', {})).toEqual([
      ['large', 1],
      ['small', -1],
      ['chat', 1],
    ]);
    expect(terms('(8 / 2 / 2 - 3 - 1) * large', {})).toEqual([['large', -2]]);
    expect(terms('large-chat', {})).toEqual([
      ['large', 1],
      ['chat', -1],
    ]);
    expect(terms('--large + +-+.5e1 * small', {})).toEqual([
      ['large', 1],
      ['small', -5],
    ]);
  });

  it('keeps the two spaces of a model apart and merges the rest', () => {
    expect(terms('large + logp(large) + 2 * large - large', {})).toEqual([
      ['large', 2],
      ['logp large', 1],
    ]);
    expect(terms('large + alpha * large', { alpha: -1 })).toEqual([['large', 0]]);
  });

  it('folds what is constant', () => {
    expect(parse('2 * 3 * large')).toEqual(scale(6, model('large')));
    expect(parse('(alpha + 0) * 1 * large')).toEqual(scale(param('alpha'), model('large')));
    expect(formulaParams(parse('(beta + alpha * 0) * large + alpha * small'))).toEqual([
      'beta',
      'alpha',
    ]);
    expect(formulaModels(parse('logp(small) + large + small'))).toEqual(['small', 'large']);
  });

  it.each([
    ['large $ small', 6, 'Unexpected "$"'],
    ['large + 😀', 8, 'Unexpected "😀"'],
    ['(large + small', 0, 'never closed'],
    ['large + small)', 13, 'closes nothing'],
    ['large small', 6, 'before "small" at character 7: write large + small to add them, large -'],
    ['(large 2)', 7, 'missing before "2" at character 8: write large * 2 to multiply'],
    ['large + alpha (chat - small)', 14, 'before "(" at character 15: write alpha * ( to multiply'],
    ['2large', 1, 'write 2 * large to multiply'],
    ['(1 + alpha)(large - small)', 11, 'write ) * ( to multiply'],
    ['alpha beta * large', 6, 'write alpha * beta to multiply'],
    ['large(2)', 5, 'write large * ( to multiply'],
    ['large + alpha × chat', 14, 'Unexpected "×" at character 15. Write *.'],
    ['large − small', 6, 'Write -.'],
    ['large + [chat - small]', 8, 'Write ( and ).'],
    ['alpha^2 * large', 5, 'no powers'],
    ['alpha ** 2 * large', 6, 'no powers'],
    ['0,5 * large', 1, 'decimal point'],
    ['y = large', 2, 'behind the ='],
    ['"large" + chat', 0, 'without quotes'],
    ['large + ()', 8, 'Nothing stands in the () at character 9'],
    ['softmax(large)', 0, 'There is no function softmax (at character 1): logp(model)'],
    ['log(large)', 0, 'Did you mean `logp`?'],
    ['large +', 7, 'the end'],
    ['', 0, 'the end'],
    ['large * small', 8, 'large times small is not linear'],
    ['(large + logp(chat)) * small', 23, '(a sum of large, logp(chat)) times small'],
    ['1 / large', 4, 'Dividing by large'],
    ['large / (1 - 1)', 8, 'divides by 0'],
    ['large + 1e999', 8, 'too large'],
    ['large * (1e300 * 1e300)', 17, 'finite'],
    ['large + 2', 8, 'cannot be added to models'],
    ['alpha - large', 0, 'cannot be added to models'],
    ['alpha + 1', 0, 'names no model'],
    ['lrage + small', 0, 'Did you mean `large`?'],
    ['large + alhpa * small', 8, 'Did you mean `alpha`?'],
    ['large + something * small', 8, 'Declare it under models or params.'],
    ['logp(alpha)', 5, 'is a param'],
    ['logp(exprt)', 5, 'Did you mean `expert`?'],
    ['logp(2)', 5, 'not "2"'],
    ['logp(large + small)', 11, 'not linear'],
    ['logp large', 5, 'logp(model)'],
    ['logp(large', 4, 'never closed'],
  ])('refuses %j at %i', (text, position, message) => {
    const error = errorOf(text);
    expect(error.message).toContain(message);
    expect(error.position).toBe(position);
  });

  it('limits length and depth', () => {
    expect(errorOf(`large${' '.repeat(4000)}`).message).toContain('at most 4000');
    expect(parse(nested(maxFormulaDepth - 1))).toEqual(model('large'));
    expect(errorOf(nested(maxFormulaDepth)).message).toContain('nests deeper');
    expect(errorOf(`${'-'.repeat(3000)}large`).message).toContain('nests deeper');
  });

  it('gives a formula or throws a FormulaError', () => {
    const parts = fc.constantFrom('large', 'alpha', 'logp', '(', ')', '+', '-', '*', '/', '2', 'x');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (text) => {
        const outcome = outcomeOf(text.join(' '));
        expect(outcome instanceof FormulaError || outcome.terms.length > 0).toBe(true);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe('evaluateCoefficients', () => {
  it('names the param at fault', () => {
    const formula = parse('base + alpha / (beta - 1) * logp(reward)');
    const failure = (params: Record<string, number>): InvalidOptionError => {
      try {
        evaluateCoefficients(formula, params);
      } catch (error) {
        return error as InvalidOptionError;
      }
      throw new Error('It evaluated.');
    };
    expect(failure({ alpha: 1, beta: 1 })).toMatchObject({
      option: 'params.beta',
      message: expect.stringContaining('beta = 1') as string,
    });
    expect(failure({ alpha: 1e300, beta: 1 + 1e-15 })).toMatchObject({ option: 'params' });
    expect(failure({ beta: 2 })).toMatchObject({ option: 'params.alpha' });
    expect(failure({ alpha: NaN, beta: 2 }).message).toContain('finite');
    expect(() => evaluateCoefficients(scale(param('toString'), model('x')), {})).toThrow(
      InvalidOptionError,
    );
  });
});

const coefficients = fc.letrec<{ any: CoefficientExpression | number }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
    fc.constantFrom(0, 1, -1, 2, 1e-7, 1e21),
    fc.constantFrom('alpha', 'beta').map(param),
    tie('any').map(negate),
    fc
      .tuple(fc.constantFrom(add, subtract, multiply), tie('any'), tie('any'))
      .map(([operation, a, b]) => operation(a, b)),
    fc.tuple(tie('any'), fc.constantFrom(param('beta'), 2)).map(([a, b]) => divide(a, b)),
  ),
})).any;

const formulas = fc
  .array(fc.tuple(coefficients, fc.constantFrom(model, logp), fc.constantFrom(...names.models)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => sum(...parts.map(([coefficient, of, name]) => scale(coefficient, of(name)))));

describe('serializeFormula', () => {
  it.each([
    ['large + alpha * (chat - small)', 'large + alpha * (chat - small)'],
    ['-(1 + beta) * logp(large)', '-(1 + beta) * logp(large)'],
    ['1/beta * large - 2 * small', '(1 / beta) * large - 2 * small'],
  ])('writes %j as %j', (text, expected) => {
    expect(serializeFormula(parse(text))).toBe(expected);
  });

  it('is undone by parsing', () => {
    fc.assert(
      fc.property(formulas, (formula) => {
        expect(parse(serializeFormula(formula))).toEqual(formula);
      }),
      { numRuns: runs(500) },
    );
  });
});
