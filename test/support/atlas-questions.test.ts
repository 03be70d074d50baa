import { expect, it } from 'vitest';

import { occursAsWords, scoreAnswers, spreadQuestions } from './atlas-questions.ts';

it('scores form and fact of an answer', () => {
  const form = { openings: ['Of course!'], closings: ['Bye.'] };
  const question = { question: '', answer: '17' };
  const right = { text: ' Of course! 17. Bye.', finishReason: 'stop' as const };
  const answers = [
    right,
    { ...right, finishReason: 'length' as const },
    { ...right, text: 'Of course! 1795. Bye.' },
    { ...right, text: '17' },
  ];
  expect(scoreAnswers([question, question, question, question], answers, form)).toEqual({
    format: 0.5,
    fact: 0.75,
    both: 0.25,
  });
  expect(occursAsWords('born in St. Ive.', 'St. Ive')).toBe(true);
  expect(occursAsWords('born in Stx Ive.', 'St. Ive')).toBe(false);
});

it('spreads questions over people and attributes', () => {
  const all = Array.from({ length: 20 }, (_, i) => ({ question: String(i), answer: '' }));
  expect(spreadQuestions(all, 4).map(({ question }) => question)).toEqual(['0', '6', '12', '18']);
  expect(spreadQuestions(all, 99)).toHaveLength(20);
});
