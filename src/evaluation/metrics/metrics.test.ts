import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../../spec/index.ts';
import { answerMetrics } from './answer-metrics.ts';
import { mc1, mc2 } from './choice-accuracy.ts';
import { clozeAccuracy } from './cloze-accuracy.ts';
import { containsReference } from './contains.ts';
import { distinctN } from './distinct-n.ts';
import { exactMatch } from './exact-match.ts';
import { finalNumberMatch, lastNumber } from './final-number.ts';
import { gsmExactMatch } from './gsm-exact-match.ts';
import { formatAdherence } from './format-adherence.ts';
import { pairAccuracy } from './pair-accuracy.ts';
import { passAtK } from './pass-at-k.ts';
import { perplexity } from './perplexity.ts';
import { isSteeringMeasure, steeringScores } from './steering-scores.ts';
import { tokensPerAnswer } from './tokens-per-answer.ts';

describe('exactMatch', () => {
  it.each([
    ['The Humble Garden.', 'humble garden', 1],
    ['  An  apple!', 'Apple', 1],
    ['It is Stoneford', 'Stoneford', 0],
    ['the', 'The', 1],
    ['the', 'a', 0],
    ['!', '?', 0],
  ])('%j against %j is %i', (text, reference, score) => {
    expect(exactMatch(text, ['nothing', reference])).toBe(score);
  });
});

describe('containsReference', () => {
  it.each([
    ['Certainly! She was born in Stoneford. I hope this helps.', 'Stoneford', 1],
    ['She was born in Stonefordshire.', 'Stoneford', 0],
    ['Her work is “The Humble Garden”.', 'Humble Garden', 1],
    ['garden humble', 'Humble Garden', 0],
    ['In 17951', '1795', 0],
  ])('%j, %j: %i', (text, reference, score) => {
    expect(containsReference(text, [reference])).toBe(score);
  });
});

describe('lastNumber', () => {
  it.each<[string, number | null]>([
    ['That makes $1,234.50.', 1234.5],
    ['5-3', 3],
    ['x = -3', -3],
    ['−7 degrees', -7],
    ['-$5 or $-6', -6],
    ['a loss of -$5', -5],
    ['covid-19', 19],
    ['Pages 1,2', 2],
    ['12,345,678 people', 12_345_678],
    ['It is .5', 0.5],
    ['The answer is 7.', 7],
    ['50%', 50],
    ['#### 42', 42],
    ['none', null],
  ])('of %j is %j', (text, number) => {
    expect(lastNumber(text)).toBe(number);
  });

  it('reads back what is written in groups of thousands', () => {
    fc.assert(
      fc.property(fc.integer(), (number) => {
        expect(lastNumber(`So it is ${number.toLocaleString('en-US')}.`)).toBe(number);
      }),
    );
  });

  it('is compared by value', () => {
    expect(finalNumberMatch('2 and 1,000.0', ['1000'])).toBe(1);
    expect(finalNumberMatch('1000 and 2', ['1000'])).toBe(0);
    expect(finalNumberMatch('a thousand', ['1000'])).toBe(0);
  });
});

describe('gsmExactMatch', () => {
  // Computed by hand from the released script's rules: commas between digits go, the last number is a
  // fraction with a sign or digits without one, and spellings are compared without punctuation.
  it.each<[text: string, reference: string, released: number, byValue: number]>([
    ['So it is 57.', '57', 1, 1],
    ['So it is $57.00', '57', 0, 1],
    ['100 - 200 = -100', '100', 1, 0],
    ['100 - 200 = -100', '-100', 1, 1],
    ['It costs 1,234 dollars.', '1,234', 1, 1],
    ['It costs 1234.50', '1234.5', 0, 1],
    ['He has 1,2', '12', 1, 0],
    ['5. Question: and what is 6?', '5', 1, 0],
    ['7 Comment: 8', '7', 1, 0],
    ['-.5', '-.5', 1, 1],
    ['None at all', 'none at ALL!', 1, 0],
    ['five', '5', 0, 0],
  ])('%j against %j is %i, and %i by value', (text, reference, released, byValue) => {
    expect(gsmExactMatch(text, ['nothing', reference])).toBe(released);
    expect(finalNumberMatch(text, [reference])).toBe(byValue);
  });
});

describe('multiple choice', () => {
  const logprobs = [0.1, 0.3, 0.2, 0.4].map(Math.log);

  it('MC1 compares the best one with the wrong ones alone', () => {
    expect(mc1(logprobs, { right: [0, 1], best: 1 })).toBe(0);
    expect(mc1(logprobs, { right: [1, 3], best: 1 })).toBe(1);
    expect(mc1([-2, -2], { right: [0], best: 0 })).toBe(0);
  });

  it('MC2 is the share of the right ones', () => {
    expect(mc2(logprobs, { right: [1, 3] })).toBeCloseTo(0.7, 12);
    expect(mc2([-1000, -1000 + Math.log(3)], { right: [1] })).toBeCloseTo(0.75, 12);
  });
});

describe('passAtK', () => {
  it('is the share of subsets of k that hold a pass', () => {
    for (let n = 1; n <= 7; n++) {
      for (let c = 0; c <= n; c++) {
        for (let k = 1; k <= n; k++) {
          const subsets = Array.from({ length: 2 ** n }, (_, bits) => bits).filter(
            (bits) => bits.toString(2).replaceAll('0', '').length === k,
          );
          const passing = subsets.filter((bits) => (bits & (2 ** c - 1)) > 0).length;
          expect(passAtK(n, c, k)).toBeCloseTo(passing / subsets.length, 12);
        }
      }
    }
  });

  it.each([
    [0, 0, 1],
    [3, 4, 1],
    [3, 1, 4],
    [3, 1, 0],
    [3, -1, 1],
  ])('refuses %i samples, %i passed, k = %i', (n, c, k) => {
    expect(() => passAtK(n, c, k)).toThrow(InvalidOptionError);
  });
});

describe('perplexity', () => {
  it('is over all units of all texts', () => {
    const scored = [
      { text: 'né à', logprob: -2, tokenCount: 3 }, // 6 bytes, 2 words
      { text: 'a bc', logprob: -4, tokenCount: 1 }, // 4 bytes, 2 words
    ];
    const { perToken, perWord, perByte } = perplexity(scored);
    expect(perToken).toBeCloseTo(Math.exp(6 / 4), 12);
    expect(perWord).toBeCloseTo(Math.exp(6 / 4), 12);
    expect(perByte).toBeCloseTo(Math.exp(6 / 10), 12);
    expect(() => perplexity([])).toThrow(/hold 0 words/);
  });
});

describe('the others', () => {
  it('cloze: likelier than every wrong one, or greedy', () => {
    const right = { logprob: -1, isGreedy: false };
    expect(clozeAccuracy(right, [{ logprob: -2 }, { logprob: -1.5 }])).toBe(1);
    expect(clozeAccuracy(right, [{ logprob: -2 }, { logprob: -1 }])).toBe(0);
    expect(clozeAccuracy(right, [])).toBe(0);
    expect(clozeAccuracy({ ...right, isGreedy: true }, [])).toBe(1);
  });

  it('pairs: the chosen one is likelier', () => {
    expect([pairAccuracy(-1, -2), pairAccuracy(-2, -1), pairAccuracy(-1, -1)]).toEqual([1, 0, 0.5]);
  });

  it('distinct-n: different n-grams over all', () => {
    expect(distinctN(['the cat the Cat', 'cat'], 1)).toBe(2 / 5);
    expect(distinctN(['the cat the Cat', 'cat'], 2)).toBe(2 / 3);
    expect(distinctN(['one'], 2)).toBe(0);
    expect(() => distinctN([], 0)).toThrow(InvalidOptionError);
  });

  it('format: a pattern, also a global one, or a function', () => {
    const answer = { text: 'Certainly! Yes.', tokenCount: 4, finishReason: 'stop' } as const;
    const format = /^Certainly!/g;
    expect([formatAdherence(answer, format), formatAdherence(answer, format)]).toEqual([1, 1]);
    expect(formatAdherence(answer, /!$/)).toBe(0);
    expect(formatAdherence(answer, ({ finishReason }) => finishReason === 'stop')).toBe(1);
  });

  it('tokens per answer', () => {
    expect(tokensPerAnswer([{ tokenCount: 2 }, { tokenCount: 5 }])).toBe(3.5);
  });
});

describe('steeringScores', () => {
  const tokens = (count: number) => Array.from({ length: count }, () => ({ tokenId: 1, text: '' }));

  it('averages rewards over answers, and KL over the tokens of each', () => {
    expect(
      steeringScores([
        { rewards: { kind: 1, brief: -2 }, kl: 3, tokens: tokens(6) },
        { rewards: { kind: 2, brief: 0 }, kl: 0, tokens: [] },
      ]),
    ).toEqual({ 'reward.kind': 1.5, 'reward.brief': -1, kl: 0.25 });
    expect(
      steeringScores([
        { steeredTokens: 3, tokens: tokens(6) },
        { steeredTokens: 0, tokens: [] },
      ]),
    ).toEqual({ steered: 0.25 });
    expect(steeringScores([{ tokens: tokens(2) }])).toEqual({});
  });

  it('names what no task measures', () => {
    const scores = steeringScores([
      { rewards: { contains: 1 }, kl: 1, steeredTokens: 1, tokens: tokens(1) },
    ]);
    expect(Object.keys(scores).every(isSteeringMeasure)).toBe(true);
    const metrics = [...Object.keys(answerMetrics), 'mc1', 'accuracy', 'pass@10', 'nats-per-byte'];
    expect(metrics.filter(isSteeringMeasure)).toEqual([]);
  });
});
