import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { createGrammarSampler } from '../../../test/support/grammar-sampler.ts';
import { keyOrders, someOf } from '../../../test/support/key-orders.ts';
import { likelyValue, randomSchema } from '../../../test/support/random-schemas.ts';
import { createJudge } from '../../../test/support/schema-judge.ts';
import { uniformAt } from '../../math/index.ts';
import { ConstraintError, type JsonSchema } from '../../spec/index.ts';
import type { Grammar } from '../grammar.ts';
import { compileJsonSchema } from './index.ts';

/** More by hand: `SCHEMAS=10000 npx vitest run --project unit src/grammar/json-schema/random`. */
const schemas = Number(process.env['SCHEMAS'] ?? 300);
const samples = 6;
const values = 12;

const judge = createJudge();

/** What came of the schemas, so that a generator gone astray is seen. */
const counts = { compiled: 0, impossible: 0, refused: 0, texts: 0, missed: 0, fits: 0, unfit: 0 };

function tryCompile(schema: JsonSchema): Grammar | ConstraintError {
  try {
    return compileJsonSchema(schema);
  } catch (error) {
    if (error instanceof ConstraintError) return error;
    throw error;
  }
}

describe('random schemas, judged by ajv', () => {
  it('writes values that fit, and nothing else', () => {
    const check = (seed: number): void => {
      let counter = 0;
      const random = (): number => uniformAt(seed, counter++);
      const schema = randomSchema(random);
      const fits = judge(schema);
      const candidates = Array.from({ length: values }, () => likelyValue(schema, schema, random));
      const grammar = tryCompile(schema);
      if (grammar instanceof ConstraintError) {
        if (/^No value fits/.test(grammar.message)) {
          counts.impossible++;
          expect(candidates.filter(fits), JSON.stringify(schema)).toEqual([]);
        } else {
          counts.refused++;
          expect(grammar.message).toMatch(/^oneOf at|short grammar/);
        }
        return;
      }
      counts.compiled++;
      const sampler = createGrammarSampler(grammar);
      for (let i = 0; i < samples; i++) {
        const text = sampler.sample(random, 80);
        if (text === undefined) {
          counts.missed++;
          continue;
        }
        counts.texts++;
        const isFit = fits(JSON.parse(text));
        expect({ schema, text, isFit }).toEqual({ schema, text, isFit: true });
      }
      for (const value of candidates) {
        const isFit = fits(value);
        counts[isFit ? 'fits' : 'unfit']++;
        // Another order than the compiler's is no fault; the wrong value in any order is.
        const isWritten = someOf(keyOrders(value), isFit ? 200 : 3, (order) =>
          matchesGrammar(grammar, JSON.stringify(order)),
        );
        expect({ schema, value, isWritten }).toEqual({ schema, value, isWritten: isFit });
      }
    };
    fc.assert(fc.property(fc.integer(), check), { numRuns: schemas });
    if (process.env['SCHEMAS'] !== undefined) console.log(counts);
    expect(counts.compiled).toBeGreaterThan(schemas / 2);
    expect(counts.texts).toBeGreaterThan(schemas);
    expect(counts.fits).toBeGreaterThan(schemas);
    expect(counts.unfit).toBeGreaterThan(schemas);
  });
});
