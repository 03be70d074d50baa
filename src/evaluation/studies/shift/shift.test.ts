import { describe, expect, it } from 'vitest';

import { InvalidOptionError, type GeneratedToken } from '../../../spec/index.ts';
import { createTask } from '../../task.ts';
import { answerShifts, type ShiftedToken } from './answer-shifts.ts';
import { askedQuestions } from './asked-question.ts';
import { mostMoved } from './most-moved.ts';
import { readShiftLabels } from './shift-labels.ts';
import { summariseShifts } from './shift-study.ts';

const named = (tokenId: number, text: string) => ({ tokenId, text, logprob: -1 });

/** A token whose probability goes from `before` to `after`. */
function token(text: string, before: number, after: number): GeneratedToken {
  return {
    tokenId: 1,
    text,
    trace: {
      terms: [
        { model: 'large', coefficient: 1, logprob: Math.log(before), share: Math.log(before) },
      ],
      rewards: [],
      klScale: 1,
      baseChoice: named(2, 'base'),
      shift: Math.log(after / before),
      kl: 0.5,
      topBefore: [],
      topAfter: [named(after > before ? 1 : 2, '')],
    },
  };
}

describe('readShiftLabels', () => {
  it('tells phrases from patterns', () => {
    const text = '{ "opening": ["Certainly", "/^I am/i", "a/b"], "sum": ["/(?<==).*/s"] }';
    expect(readShiftLabels(text, 'labels.json')).toEqual({
      phrases: { opening: ['Certainly', 'a/b'], sum: [] },
      patterns: [
        { label: 'opening', pattern: /^I am/giu },
        { label: 'sum', pattern: /(?<==).*/gsu },
      ],
    });
  });

  it.each([
    ['{', /labels\.json: this is not JSON/],
    ['[]', /a JSON object/],
    ['{ "a": "b" }', /"a" is not a list of texts/],
    ['{ "a": [""] }', /"a" is not a list of texts/],
    ['{ "a": ["/(/"] }', /"a": Invalid regular expression/],
    ['{ "a": ["/b/q"] }', /"a": Invalid flags/],
  ])('refuses %s', (text, message) => {
    expect(() => readShiftLabels(text, 'labels.json')).toThrow(message);
    expect(() => readShiftLabels(text, 'labels.json')).toThrow(InvalidOptionError);
  });
});

describe('answerShifts', () => {
  it('labels facts first, then phrases, then patterns, and measures each token', () => {
    const tokens = ['Well', ',', ' 2', '+', '3', ' =', ' 5', ' pears'].map((text, i) =>
      token(text, 0.25, i === 0 ? 0.75 : 0.25),
    );
    const labels = readShiftLabels(
      '{ "fruit": ["pears"], "left": ["/[^,]*(?==)/"], "right": ["/(?<==).*/"] }',
      'labels.json',
    );
    const shifts = answerShifts(tokens, 'large', { references: ['5'], labels });
    expect(shifts.map(({ kind }) => kind)).toEqual([
      'style',
      'punctuation',
      'left',
      'left',
      'left',
      'left', // the space before the sign
      'fact',
      'fruit',
    ]);
    expect(shifts[0]).toEqual({
      kind: 'style',
      position: 0,
      probability: expect.closeTo(0.5, 12) as number,
      kl: 0.5,
      changed: true,
      tokenId: 1,
      text: 'Well',
      shift: Math.log(3),
      baseChoice: 'base',
    });
  });

  it('needs traces', () => {
    expect(() => answerShifts([{ tokenId: 1, text: 'a' }], 'large')).toThrow(/trace: true/);
  });
});

function shifted(text: string, position: number, probability: number): ShiftedToken {
  return {
    kind: text === '7' ? 'number' : 'style',
    position,
    probability,
    kl: 2 * Math.abs(probability),
    changed: probability > 0,
    tokenId: 1,
    text,
    shift: 0,
    baseChoice: '',
  };
}

describe('mostMoved', () => {
  const answers = [
    [shifted('I', 0, 0.1), shifted(' hope', 1, 0.5), shifted('7', 2, -0.4)],
    [shifted('We', 0, 0.9), shifted(' hope', 1, 0.8), shifted('7', 2, -0.8)],
  ];

  it('orders texts by their mean, the rare ones left out', () => {
    const moved = mostMoved(answers, { leastCount: 2 });
    expect(moved).toEqual([
      {
        text: ' hope',
        count: 2,
        probability: expect.closeTo(0.65, 12) as number,
        kl: expect.closeTo(1.3, 12) as number,
        changed: 1,
        after: 'We',
      },
      {
        text: '7',
        count: 2,
        probability: expect.closeTo(-0.6, 12) as number,
        kl: expect.closeTo(1.2, 12) as number,
        changed: 0,
        after: 'We hope',
      },
    ]);
    const all = mostMoved(answers, { leastCount: 1, limit: 3 });
    expect(all.map(({ text }) => text)).toEqual(['We', ' hope', '7']);
  });

  it('is part of a study, whose most frequent kind comes first', () => {
    const study = summariseShifts(answers, { leastCount: 2, limit: 1 });
    expect(study).toMatchObject({ answers: 2, all: { count: 6, changed: 4 / 6 } });
    expect(study.all.probability).toBeCloseTo(1.1 / 6, 12);
    expect(study.kinds.map(({ kind, count }) => [kind, count])).toEqual([
      ['style', 4],
      ['number', 2],
    ]);
    expect(study.positions.map(({ from, count }) => [from, count])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
    expect(study.moved.map(({ text }) => text)).toEqual([' hope']);
    expect(() => summariseShifts([[], []])).toThrow(/None of the 2 answers/);
  });
});

describe('askedQuestions', () => {
  it('takes right answers and right options for references', () => {
    const task = createTask('t', [
      { id: 'a', kind: 'generate', prompt: 'A?', references: ['x'], metrics: [] },
      { id: 'b', kind: 'choice', prompt: 'B?', options: ['u', 'v', 'w'], right: [1, 2], best: 1 },
      { id: 'c', kind: 'pair', prompt: 'C?', chosen: 'y', rejected: 'z' },
      { id: 'd', kind: 'program', language: 'python', prompt: 'D', tests: '', entryPoint: null },
    ]);
    expect(askedQuestions(task)).toEqual([
      { id: 'a', prompt: 'A?', references: ['x'] },
      { id: 'b', prompt: 'B?', references: ['v', 'w'] },
      { id: 'c', prompt: 'C?', references: [] },
      { id: 'd', prompt: { text: 'D' }, references: [] },
    ]);
  });

  it('refuses what asks nothing', () => {
    const task = createTask('prose', [{ id: 'a', kind: 'text', text: 'Once.' }]);
    expect(() => askedQuestions(task)).toThrow(/item a of prose is of the kind text/);
  });
});
