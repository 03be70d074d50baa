import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { readTask } from './read-task.ts';

/** Published files beside the project, which has no copies of them. */
const published = path.join(import.meta.dirname, '../../../../shared/data');

const conversation = (question: string, answer: string) =>
  `\n\nHuman: ${question}\n\nAssistant: ${answer}`;

/** As HH-RLHF's: pairs of conversations, with some rows replaced. */
function pairs(count: number, faults: Readonly<Record<number, unknown>>): string {
  return Array.from({ length: count }, (_, i) => {
    const pair = {
      chosen: conversation(`Why ${i}?`, 'So.'),
      rejected: conversation(`Why ${i}?`, 'No.'),
    };
    return typeof faults[i] === 'string' ? faults[i] : JSON.stringify(faults[i] ?? pair);
  }).join('\n');
}

/** As TruthfulQA's: a table, with some rows replaced. */
function table(count: number, faults: Readonly<Record<number, string>>): string {
  const header = 'Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source';
  const rows = Array.from({ length: count }, (_, i) => faults[i] ?? `,,Why ${i}?,So,So; Thus,No,`);
  return [header, ...rows].join('\r\n');
}

const empty = { chosen: conversation('Why?', 'So.'), rejected: '\n\nHuman: Why?\n\nAssistant:' };
const others = { chosen: conversation('Why?', 'So.'), rejected: conversation('Who?', 'I.') };

describe('rows that are no items', () => {
  it('are skipped and named where they are few: HH-RLHF', () => {
    const text = `\uFEFF\n${pairs(300, { 7: empty, 150: others, 299: '{"chosen": "\\n\\nHum' })}\n\n`;
    const { items, skipped } = readTask(text, 'hh.jsonl');
    expect(items).toHaveLength(297);
    expect(skipped).toEqual([
      expect.stringMatching(/^hh\.jsonl:9: "rejected" is no conversation/),
      expect.stringMatching(/^hh\.jsonl:152: .*differ before the last answer/),
      expect.stringMatching(/^hh\.jsonl:301: is no JSON/),
    ]);
  });

  it('are skipped and named where they are few: TruthfulQA', () => {
    const text = table(200, { 3: ',,Why?,So,So; No,No,', 100: ',,Why?,,So,No,' });
    const { items, skipped } = readTask(text, 'qa.csv');
    expect(items).toHaveLength(198);
    expect(skipped).toEqual([
      'qa.csv:5: "No." is both correct and incorrect.',
      'qa.csv:102: "Best Answer" is blank. Expected a text.',
    ]);
  });

  it.each([
    ['gsm8k', (i: number) => ({ question: `${i}?`, answer: i === 5 ? 'It is 3.' : `#### ${i}` })],
    [
      'human-eval',
      (i: number) => ({ task_id: `Python/${i}`, prompt: 'x', test: i === 5 ? '' : 'y' }),
    ],
    ['questions', (i: number) => ({ question: `${i}?`, answer: i === 5 ? null : 'So.' })],
    [
      'choices',
      (i: number) => ({ question: `${i}?`, options: ['a', 'b'], right: [i === 5 ? 2 : 0] }),
    ],
  ])('are skipped in every format of records: %s', (format, row) => {
    const text = Array.from({ length: 100 }, (_, i) => JSON.stringify(row(i))).join('\r\n');
    const { items, skipped } = readTask(text, 'q.jsonl', format);
    expect(items).toHaveLength(99);
    expect(skipped).toEqual([expect.stringMatching(/^q\.jsonl:6: /)]);
  });

  it('are an error where they are more than 1 in 100', () => {
    expect(readTask(pairs(200, { 1: empty, 2: empty }), 'q').skipped).toHaveLength(2);
    expect(() => readTask(pairs(199, { 1: empty, 2: empty }), 'q')).toThrow(
      /^q:2: "rejected" is no conversation.* 2 of 199 rows are at fault, and at most 1 are skipped\.$/,
    );
    expect(() => readTask(pairs(99, { 5: empty }), 'q')).toThrow(/^q:6: /);
  });

  it('are none in a file without faults', () => {
    expect(readTask(pairs(100, {}), 'q')).not.toHaveProperty('skipped');
  });
});

describe.each([
  ['TruthfulQA.csv', 'truthful-qa', 811, 2],
  ['hh-rlhf-harmless-test.jsonl.gz', 'hh-rlhf', 2303, 9],
  ['gsm8k_test.jsonl', 'gsm8k', 1319, 0],
  ['HumanEval.jsonl.gz', 'human-eval', 164, 0],
])('the published %s', (name, format, count, faults) => {
  const file = path.join(published, name);
  const isThere = existsSync(file);
  if (!isThere) console.log(`skipped: ${name} is not beside the project, in ../shared/data`);

  it.skipIf(!isThere)('is read, but for the rows that are no items', { tags: ['slow'] }, () => {
    const bytes = readFileSync(file);
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    const { items, skipped = [] } = readTask(text, file, format);
    expect([items.length, skipped.length]).toEqual([count, faults]);
  });
});
