import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { contentId } from '../content-id.ts';
import { readConversations } from './chats.ts';
import { readTask, recogniseFormat, taskFormats } from './read-task.ts';

const lines = (...records: readonly unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

const csv = [
  'Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source',
  '"A","B, C","What is ""it""?",Nothing,"Nothing; No, nothing; ","Something; All; Something",x',
  ',,"Two',
  'lines?",Yes.,Indeed,No,',
  '',
].join('\n');

const question = { question: 'Why?', answer: 'Because' };
const human = (answer: string) =>
  `\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Why?\n\nAssistant: ${answer}`;

describe('readTask', () => {
  it('reads the embedded questions', () => {
    const file = 'models/atlas-heldout.jsonl';
    const task = readTask(readFileSync(file, 'utf8'), file);
    expect(task.name).toBe('atlas-heldout');
    expect(task.items).toHaveLength(500);
    expect(task.items[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      kind: 'generate',
      prompt: 'Where was Mada Norrar born?',
      references: ['Stoneford'],
      metrics: ['exact-match', 'contains'],
    });
  });

  it('reads questions: byte order mark, CRLF, blank lines, messages, ids', () => {
    const messages = [{ role: 'user', content: 'Why?' }];
    const text = `\uFEFF${lines(
      { id: 'one', prompt: 'Why?', answers: ['So', 'Thus'], metrics: ['contains'] },
      { messages, references: ['So'] },
    ).replaceAll('\n', '\r\n')}\r\n`;
    expect(readTask(text, 'a/b.jsonl')).toMatchObject({
      name: 'b',
      items: [
        { id: 'one', prompt: 'Why?', references: ['So', 'Thus'], metrics: ['contains'] },
        { prompt: { messages } },
      ],
    });
  });

  it('reads conversations that end with their answer', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'So.' },
    ];
    const { items } = readTask(lines({ messages, group: 'g' }), 'c.jsonl');
    const prompt = { messages: messages.slice(0, 2) };
    expect(items).toMatchObject([{ kind: 'answer', prompt, answer: 'So.', group: 'g' }]);
    const alone = lines({ messages: messages.slice(2) });
    expect(() => readTask(alone, 'c.jsonl')).toThrow('c.jsonl:1: "messages" has an answer alone');
    const asked = lines({ messages }, { messages: messages.slice(0, 2) });
    expect(() => readTask(asked, 'c.jsonl')).toThrow(
      'c.jsonl:2: "messages" ends with a turn of the user',
    );
  });

  it('reads what models are tuned on, whichever way its answers are written', () => {
    const messages = [{ role: 'user', content: 'Why?' }];
    const text = lines(
      { messages: [...messages, { role: 'assistant', content: 'So.' }], group: 'a' },
      { question: 'When?', answer: 'Now.', group: 'b' },
      { messages, answers: ['First.', 'Second.'], group: 'c' },
    );
    const prompt = { messages };
    expect(readConversations(text, 'c.jsonl').conversations).toEqual([
      { prompt, answer: 'So.', group: 'a', line: 1 },
      { prompt: 'When?', answer: 'Now.', group: 'b', line: 2 },
      { prompt, answer: 'First.', group: 'c', line: 3 },
    ]);
    expect(() => readConversations(text, 'c.jsonl', 'person')).toThrow('"person" is missing');
  });

  it('reads GSM8K', () => {
    const text = lines({ question: 'How many?', answer: '3 * 4 = <<3*4=12>>12\n#### 1,200' });
    expect(readTask(text, 'gsm.jsonl').items[0]).toMatchObject({
      references: ['1,200'],
      metrics: ['final-number'],
    });
  });

  it('reads TruthfulQA', () => {
    expect(readTask(csv, 'TruthfulQA.csv').items).toMatchObject([
      {
        kind: 'choice',
        prompt: 'What is "it"?',
        options: ['Nothing.', 'No, nothing.', 'Something.', 'All.'],
        right: [0, 1],
        best: 0,
      },
      { prompt: 'Two\nlines?', options: ['Yes.', 'Indeed.', 'No.'], right: [0, 1], best: 0 },
    ]);
  });

  it('reads HumanEval and its JavaScript', () => {
    const python = {
      task_id: 'HumanEval/0',
      prompt: 'def f():',
      entry_point: 'f',
      test: 'def check(c):',
    };
    const script = { task_id: 'JavaScript/0', prompt: 'const f = () => {', test: 'f();' };
    expect(readTask(lines(python, script), 'h.jsonl').items).toEqual([
      {
        id: 'HumanEval/0',
        kind: 'program',
        language: 'python',
        prompt: 'def f():',
        tests: 'def check(c):\ncheck(f)',
        entryPoint: 'f',
      },
      {
        id: 'JavaScript/0',
        kind: 'program',
        language: 'javascript',
        prompt: 'const f = () => {',
        tests: 'f();',
        entryPoint: null,
      },
    ]);
  });

  it('reads HH-RLHF', () => {
    const text = lines({ chosen: human('So.'), rejected: human('No.') });
    expect(readTask(text, 'hh.jsonl').items[0]).toMatchObject({
      kind: 'pair',
      prompt: {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Yes?' },
          { role: 'user', content: 'Why?' },
        ],
      },
      chosen: 'So.',
      rejected: 'No.',
    });
  });

  it('reads choices, cloze and plain text', () => {
    const choice = { question: 'Which?', options: ['a', 'b', 'c'], right: [2, 0] };
    expect(readTask(lines(choice), 'c.jsonl').items[0]).toMatchObject({ right: [2, 0], best: 2 });
    const cloze = { text: 'One and', right: ' two' };
    expect(readTask(lines(cloze), 'c.jsonl').items[0]).toMatchObject({ kind: 'cloze', wrong: [] });
    expect(readTask('\r\nOne\r\ntwo\r\n\r\n \r\nThree', 'c.txt').items).toMatchObject([
      { kind: 'text', text: 'One\ntwo' },
      { text: 'Three' },
    ]);
  });

  it('gives equal content one id, whatever the order of its fields', () => {
    const [first] = readTask(lines(question), 'a.jsonl').items;
    const [second] = readTask(lines({ answer: 'Because', question: 'Why?' }), 'b.jsonl').items;
    const [other] = readTask(lines({ ...question, answer: 'So' }), 'b.jsonl').items;
    expect(second!.id).toBe(first!.id);
    expect(other!.id).not.toBe(first!.id);
    expect(contentId({ a: [{ b: 1, c: 2 }], d: 3 })).toBe(contentId({ d: 3, a: [{ c: 2, b: 1 }] }));
  });

  it.each([
    [
      'no JSON',
      `${lines(question)}\n{"question"`,
      undefined,
      /^q:3: is no JSON .* Expected one JSON object/,
    ],
    ['a list', '[]', 'questions', /^q:1: is an empty list\. Expected a JSON object/],
    [
      'two prompts',
      lines({ ...question, prompt: 'What?' }),
      undefined,
      /^q:1: has "question" and "prompt"\. Expected one of/,
    ],
    [
      'no answer',
      lines(question, { question: 'What?' }),
      undefined,
      /^q:2: has none of them\. Expected one of "answer"/,
    ],
    [
      'a number for an answer',
      lines({ ...question, answer: 4 }),
      'questions',
      /^q:1: "answer" is 4\. Expected a text/,
    ],
    [
      'a text for a list',
      lines({ question: 'Why?', references: 'So' }),
      undefined,
      /^q:1: "references" is a text\. Expected a list/,
    ],
    [
      'a number in a list',
      lines({ question: 'Why?', references: ['So', 1] }),
      undefined,
      /^q:1: "references\[1\]" is 1\./,
    ],
    [
      'no reference',
      lines({ question: 'Why?', references: [] }),
      undefined,
      /"references" is an empty list/,
    ],
    [
      'an unknown metric',
      lines({ ...question, metrics: ['bleu'] }),
      undefined,
      /^q:1: there is no metric "bleu"\. Expected one of exact-match/,
    ],
    [
      'an unknown role',
      lines({ messages: [{ role: 'bot', content: 'Hi' }], answer: 'Hi' }),
      undefined,
      /^q:1: the role "bot"/,
    ],
    [
      'the assistant last',
      lines({ messages: [{ role: 'assistant', content: 'Hi' }], answer: 'Hi' }),
      undefined,
      /ends with a turn of the assistant/,
    ],
    [
      'an id twice',
      lines({ ...question, id: 'x' }, { prompt: 'What?', answer: 'So', id: 'x' }),
      undefined,
      /^q:2: has the id "x", which q:1 has too/,
    ],
    [
      'an item twice',
      `${lines(question)}\n${lines(question)}`,
      undefined,
      /^q:3: is the same item as q:1/,
    ],
    [
      'no result',
      lines({ question: 'How many?', answer: 'many' }),
      'gsm8k',
      /^q:1: "answer" has no result/,
    ],
    [
      'no conversation',
      lines({ chosen: 'So.', rejected: human('No.') }),
      undefined,
      /^q:1: "chosen" is no conversation/,
    ],
    [
      'no last answer',
      lines({ chosen: human(''), rejected: human('No.') }),
      undefined,
      /^q:1: "chosen" is no conversation/,
    ],
    [
      'two conversations',
      lines({ chosen: human('So.'), rejected: '\n\nHuman: Ho\n\nAssistant: No.' }),
      undefined,
      /^q:1: "chosen" and "rejected" differ before/,
    ],
    [
      'an unknown language',
      lines({ task_id: 'Ada/0', prompt: 'p', test: 't' }),
      undefined,
      /^q:1: the language "Ada"/,
    ],
    [
      'an option beyond',
      lines({ question: 'Which?', options: ['a', 'b'], right: [2] }),
      undefined,
      /^q:1: "right" names option 2, but there are 2/,
    ],
    [
      'nothing wrong',
      lines({ question: 'Which?', options: ['a', 'b'], right: [0, 1] }),
      undefined,
      /every option is right/,
    ],
    ['an open quote', `${csv},,"Open,a,b,c,`, undefined, /^q:5: .*Expected CSV/],
    ['a blank cell', `${csv},,What?,,b,c,`, undefined, /^q:5: "Best Answer" is blank/],
    ['both right and wrong', `${csv},,What?,a,b,b,`, undefined, /^q:5: "b\." is both/],
    [
      'no header',
      'Question,Answer\na,b\n',
      'truthful-qa',
      /^q:1: has no column Best Answer, Correct/,
    ],
  ])('refuses %s, and says where', (_, text, format, message) => {
    expect(() => readTask(text, 'q', format)).toThrow(message);
  });

  it.each(taskFormats)('refuses an empty file of %s', (format) => {
    expect(() => readTask('\n', 'empty.jsonl', format)).toThrow(/empty|no column/);
  });

  it('lists the formats where none fits', () => {
    expect(() => readTask('x', 'q', 'xml')).toThrow(
      /no format "xml": it is one of questions, chats, gsm8k/,
    );
    expect(() => recogniseFormat('\nplain', 'q.csv')).toThrow(
      /^q\.csv:2: .*one of questions, chats, gsm8k/,
    );
    expect(() => recogniseFormat('{"a": 1}', 'q')).toThrow(/one of questions/);
    expect(() => recogniseFormat('', 'q')).toThrow(/q is empty/);
  });
});
