import { describe, expect, it } from 'vitest';

import { createTask } from '../task.ts';
import { readTask } from './read-task.ts';

const lines = (...records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

const groupsOf = (text: string, file: string, groupBy?: string) =>
  readTask(text, file, undefined, { groupBy }).items.map(({ group }) => group);

const asked = { question: 'Who?', answer: 'Ada', name: 'A' };
const other = { question: 'When?', answer: '1815', name: 7 };

const csv =
  'Category,Question,Best Answer,Correct Answers,Incorrect Answers\n' +
  'Law,Q,Yes,Yes,No\n' +
  '"Health, diet",R,Yes,Yes,No\n';

describe('groups of items', () => {
  it('are the field that is asked for, texts or numbers', () => {
    expect(groupsOf(lines(asked, other), 'q.jsonl', 'name')).toEqual(['A', '7']);
    expect(groupsOf(csv, 'q.csv', 'Category')).toEqual(['Law', 'Health, diet']);
  });

  it('are the field `group`, where there is one and no other is asked for', () => {
    const grouped = { ...asked, group: 'g' };
    expect(groupsOf(lines(grouped), 'q.jsonl')).toEqual(['g']);
    expect(groupsOf(lines(grouped), 'q.jsonl', 'name')).toEqual(['A']);
    expect(groupsOf(csv.replace('Category', 'group'), 'q.csv')).toEqual(['Law', 'Health, diet']);
    const [item] = readTask(lines(asked), 'q.jsonl').items;
    expect(item).not.toHaveProperty('group');
  });

  it.each<[string, object]>([
    ['gsm8k', { question: 'q', answer: '#### 1' }],
    ['choices', { question: 'q', options: ['a', 'b'], right: [0] }],
    ['cloze', { text: 'a', right: ' b' }],
    [
      'hh-rlhf',
      { chosen: '\n\nHuman: a\n\nAssistant: b', rejected: '\n\nHuman: a\n\nAssistant: c' },
    ],
    ['human-eval', { task_id: 'JavaScript/0', prompt: 'p', test: 't' }],
  ])('are read of %s', (_, record) => {
    expect(groupsOf(lines({ ...record, group: 3 }), 'a.jsonl')).toEqual(['3']);
  });

  it('are no part of what an item is known by', () => {
    const [plain] = readTask(lines(asked), 'q.jsonl').items;
    const [grouped] = readTask(lines(asked), 'q.jsonl', undefined, { groupBy: 'name' }).items;
    expect(grouped).toEqual({ ...plain, group: 'A' });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a record without the field',
      () => groupsOf(lines(asked, { ...other, name: undefined }), 'q.jsonl', 'name'),
      /^q\.jsonl:2: "name" is missing\. Expected a text that is not blank, or a number/,
    ],
    [
      'a record without a group where others have one',
      () => groupsOf(lines({ ...asked, group: 'g' }, other), 'q.jsonl'),
      /^q\.jsonl:2: has no group, but q\.jsonl:1 has one/,
    ],
    [
      'a group that is neither',
      () => groupsOf(lines({ ...asked, group: ['g'] }), 'q.jsonl'),
      /^q\.jsonl:1: "group" is a list/,
    ],
    [
      'a table without the column',
      () => groupsOf(csv, 'q.csv', 'Topic'),
      /^q\.csv:1: has no column Topic\. It has Category, Question/,
    ],
    [
      'a row without a group',
      () => groupsOf(csv.replace('Law', ''), 'q.csv', 'Category'),
      /^q\.csv:2: "Category" is blank/,
    ],
    [
      'plain text',
      () => groupsOf('a', 'q.txt', 'name'),
      /q\.txt is plain text, whose paragraphs have no field "name"/,
    ],
    [
      'some items of a caller',
      () =>
        createTask('t', [
          { kind: 'text', text: 'a', group: 'g' },
          { kind: 'text', text: 'b' },
        ]),
      /^items\[1\]: has no group, but items\[0\] has one/,
    ],
  ])('refuses %s', (_, read, message) => {
    expect(read).toThrow(message);
  });
});
