import { expect, it } from 'vitest';

import { readExamples } from './read-examples.ts';

const lines = (...records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

const first = { question: 'Who?', answers: ['Ada', 'Ada Lovelace'] };
const second = { messages: [{ role: 'user', content: 'When?' }], answer: '1815' };
const csv = 'Question,Best Answer,Correct Answers,Incorrect Answers\nSafe?,It is,Yes; It is,No\n';

it.each<[string, string, readonly { question: string; answer: string }[]]>([
  [
    'questions.jsonl',
    lines(first, second, { ...first, id: 'again' }),
    [
      { question: 'Who?', answer: 'Ada' },
      { question: 'When?', answer: '1815' },
    ],
  ],
  [
    'gsm8k.jsonl',
    lines({ question: '2 + 2?', answer: 'It is <<2+2=4>>4.\n#### 4' }),
    [{ question: '2 + 2?', answer: 'It is <<2+2=4>>4.\n#### 4' }],
  ],
  [
    'choices.jsonl',
    lines({ prompt: 'Which?', options: ['a', 'b'], right: [1] }),
    [{ question: 'Which?', answer: 'b' }],
  ],
  ['truthful.csv', csv, [{ question: 'Safe?', answer: 'It is.' }]],
  ['cloze.jsonl', lines({ text: 'one', right: ' two' }), [{ question: 'one', answer: ' two' }]],
  [
    'hh.jsonl',
    lines({ chosen: '\n\nHuman: a\n\nAssistant: b', rejected: '\n\nHuman: a\n\nAssistant: c' }),
    [{ question: 'a', answer: 'b' }],
  ],
  [
    'programs.jsonl',
    lines({ task_id: 'JavaScript/0', prompt: 'f(\n', test: 't', canonical_solution: '  1)\n' }),
    [{ question: 'f(\n', answer: '  1)\n' }],
  ],
])('readExamples takes the first of %s', (file, text, examples) => {
  expect(readExamples(text, file, examples.length)).toEqual(examples);
});

it.each<[string, string, string, number, RegExp]>([
  ['more than there are', 'q.jsonl', lines(first), 2, /q\.jsonl has 1 items, of which 2 examples/],
  ['none', 'q.jsonl', lines(first), 0, /count must be an integer of at least 1, not 0/],
  ['plain text', 'q.txt', 'one two', 1, /q\.txt: .* is no example.*it has no answer/],
  [
    'a conversation',
    'q.jsonl',
    lines({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
        ...second.messages,
      ],
      answer: 'c',
    }),
    1,
    /q\.jsonl: .* is no example.*it has several turns/,
  ],
  [
    'a program without its solution',
    'p.jsonl',
    lines({ task_id: 'JavaScript/0', prompt: 'p', test: 't' }),
    1,
    /p\.jsonl:1: "canonical_solution" is missing/,
  ],
])('readExamples refuses %s', (_, file, text, count, message) => {
  expect(() => readExamples(text, file, count)).toThrow(message);
});
