import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { createGrammarSampler, type Random } from '../../../test/support/grammar-sampler.ts';
import { keyOrders, someOf } from '../../../test/support/key-orders.ts';
import { likelyValue, randomSchema } from '../../../test/support/random-schemas.ts';
import { runs } from '../../../test/support/runs.ts';
import { createJudge } from '../../../test/support/schema-judge.ts';
import { uniformAt } from '../../math/index.ts';
import { ConstraintError, type JsonSchema } from '../../spec/index.ts';
import type { Grammar } from '../grammar.ts';
import { compileJsonSchema } from './index.ts';

/** More by hand: `SCHEMAS=10000 npx vitest run --project unit json-schema/random --testTimeout 0`. */
const schemas = Number(process.env['SCHEMAS'] ?? runs(200));
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

/** What cannot be said by a grammar of a reasonable size. */
const refusals =
  /short grammar|cannot be said|more than one thing|[cC]ontains at .* is supported|alternatives, or more/;

/** Texts and values on which the grammar and ajv differ; an unexpected error's message. */
function differences(schema: JsonSchema, random: Random): unknown[] {
  const fits = judge(schema);
  const candidates = Array.from({ length: values }, () => likelyValue(schema, schema, random));
  const grammar = tryCompile(schema);
  if (!(grammar instanceof ConstraintError)) {
    counts.compiled++;
    return [...unfitTexts(grammar, fits, random), ...misjudged(grammar, fits, candidates)];
  }
  if (grammar.message.startsWith('No value fits')) {
    counts.impossible++;
    return candidates.filter(fits);
  }
  counts.refused++;
  return refusals.test(grammar.message) ? [] : [grammar.message];
}

function unfitTexts(
  grammar: Grammar,
  fits: (value: unknown) => boolean,
  random: Random,
): readonly string[] {
  const sampler = createGrammarSampler(grammar);
  const texts = Array.from({ length: samples }, () => sampler.sample(random, 80));
  const written = texts.filter((text) => text !== undefined);
  counts.texts += written.length;
  counts.missed += texts.length - written.length;
  return written.filter((text) => !fits(JSON.parse(text)) || !matchesGrammar(grammar, text));
}

function misjudged(
  grammar: Grammar,
  fits: (value: unknown) => boolean,
  candidates: readonly unknown[],
): readonly unknown[] {
  return candidates.filter((value) => {
    const isFit = fits(value);
    counts[isFit ? 'fits' : 'unfit']++;
    // Another order than the compiler's is no fault; the wrong value in any order is.
    const isWritten = someOf(keyOrders(value), isFit ? 5000 : 3, (order) =>
      matchesGrammar(grammar, JSON.stringify(order)),
    );
    return isFit !== isWritten;
  });
}

describe('random schemas, judged by ajv', () => {
  it('are written as values that fit, and nothing else', { tags: ['slow'] }, () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        let counter = 0;
        const random = (): number => uniformAt(seed, counter++);
        const schema = randomSchema(random);
        expect({ schema, differences: differences(schema, random) }).toEqual({
          schema,
          differences: [],
        });
      }),
      { numRuns: schemas },
    );
    if (schemas > 1000) console.log(counts);
    expect(counts.compiled).toBeGreaterThan(schemas / 2);
    expect(counts.texts).toBeGreaterThan(schemas);
    expect(counts.fits).toBeGreaterThan(schemas);
    expect(counts.unfit).toBeGreaterThan(schemas);
  });
});
