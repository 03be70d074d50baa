import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import type { CallForm } from '../spec/index.ts';
import { callSpellings } from './call-form.ts';
import { createCallReader, readCalls, type AnswerPart } from './read-calls.ts';

const forms = Object.keys(callSpellings) as CallForm[];

interface GivenCall {
  readonly name: string;
  readonly arguments: string;
}

function spell(content: string, calls: readonly GivenCall[], form: CallForm): string {
  const { open, between, close, beforeName, afterName, end } = callSpellings[form];
  if (calls.length === 0) return content;
  const spelled = calls.map((call) => beforeName + call.name + afterName + call.arguments + end);
  return content + open + spelled.join(between) + close;
}

/** Pieces of texts that may look like calls without being one. */
const words = fc.constantFrom(
  'a',
  ' ',
  '\n',
  '<tool',
  '<',
  '[TOOL',
  '{"name"',
  '<function',
  '"',
  '}',
  'é',
);
const contents = fc.array(words, { maxLength: 8 }).map((parts) => parts.join(''));
const jsonArguments = fc
  .oneof(
    fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    fc.constantFrom({ a: '</tool_call>', b: '}{]["\\' }, [], [1], 1.5, -3, true, null, 'x"\\'),
  )
  .map((value) => JSON.stringify(value, null, 1));
const givenCalls = fc.array(
  fc.record({ name: fc.stringMatching(/^[\w-]{1,8}$/), arguments: jsonArguments }),
  { maxLength: 3 },
);

const cut = (text: string, at: readonly number[]): string[] => {
  const places = [...new Set(at.map((each) => each % (text.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...places].map((from, i) => text.slice(from, places[i] ?? text.length));
};

function collect(parts: readonly AnswerPart[]) {
  const calls: { name: string; arguments: string }[] = [];
  let content = '';
  for (const part of parts) {
    if (part.kind === 'text') content += part.text;
    else if (part.kind === 'call') calls.push({ name: part.name, arguments: '' });
    else calls[part.index]!.arguments += part.text;
  }
  return { content, calls };
}

describe.each(forms)('calls in the form of %s', (form) => {
  const syntax = { form, atStart: false };
  const { trigger, several } = callSpellings[form];

  it('are read as they were spelled, however the text is cut', () => {
    fc.assert(
      fc.property(contents, givenCalls, fc.array(fc.nat(), { maxLength: 20 }), (said, all, at) => {
        const calls = several ? all : all.slice(0, 1);
        fc.pre(!`${said}${trigger.slice(0, -1)}`.includes(trigger));
        const text = spell(said, calls, form);
        fc.pre(text.indexOf(trigger) === (calls.length === 0 ? -1 : said.length));
        const expected = { content: calls.length === 0 ? said : said.trimEnd(), calls };
        expect(readCalls(text, syntax)).toEqual(expected);
        const reader = createCallReader(syntax);
        const parts = cut(text, at).flatMap((piece) => reader.push(piece));
        expect(collect([...parts, ...reader.end()])).toEqual(expected);
      }),
      { numRuns: runs(500) },
    );
  });

  it('give the arguments as they come, without what is around them', () => {
    const text = spell('I look. ', [{ name: 'f', arguments: '{"a": "}"}' }], form);
    const reader = createCallReader(syntax);
    const parts = Array.from(text).flatMap((piece) => reader.push(piece));
    expect(parts.filter(({ kind }) => kind === 'call')).toEqual([
      { kind: 'call', index: 0, name: 'f' },
    ]);
    expect(parts.filter(({ kind }) => kind === 'arguments')).toEqual(
      Array.from('{"a": "}"}', (each) => ({ kind: 'arguments', index: 0, text: each })),
    );
  });

  it('that were cut off have what there is of their arguments, and none before', () => {
    const text = spell('', [{ name: 'f', arguments: '{"a": 1}' }], form);
    const at = text.indexOf('{"a"');
    expect(readCalls(text.slice(0, at + 4), syntax).calls).toEqual([
      { name: 'f', arguments: '{"a"' },
    ]);
    expect(readCalls(text.slice(0, at - 2), syntax)).toEqual({ content: '', calls: [] });
    expect(readCalls(`a ${trigger.slice(0, 3)}`, syntax).content).toBe(`a ${trigger.slice(0, 3)}`);
  });

  it('are looked for at the start alone where nothing may come before', () => {
    const text = spell('', [{ name: 'f', arguments: '{}' }], form);
    const strict = { form, atStart: true };
    expect(readCalls(text, strict)).toEqual(readCalls(text, syntax));
    expect(readCalls(` ${text}`, strict)).toEqual({ content: ` ${text}`, calls: [] });
    const reader = createCallReader(strict);
    const parts = Array.from(`<${text}`).flatMap((piece) => reader.push(piece));
    expect(collect([...parts, ...reader.end()]).content).toBe(`<${text}`);
  });
});

describe('calls in a block of JSON, as some models of the form hermes write them', () => {
  const syntax = { form: 'hermes', atStart: false, names: ['look', 'find'] } as const;
  const block = (name: string) =>
    `\`\`\`json\n{\n  "name": "${name}",\n  "arguments": {\n    "a": "}"\n  }\n}\n\`\`\``;
  const given = '{\n    "a": "}"\n  }';
  const tight = '```json\n{"name": "find", "arguments": {}}\n```';

  it.each([
    [block('look'), { content: '', calls: [{ name: 'look', arguments: given }] }],
    [`I look.\n${tight}`, { content: 'I look.', calls: [{ name: 'find', arguments: '{}' }] }],
    [
      'So: {"name": "find", "arguments": {"a": 1}}',
      { content: 'So:', calls: [{ name: 'find', arguments: '{"a": 1}' }] },
    ],
    [
      '{\n  "name": "find",\n  "arguments": {}\n}',
      { content: '', calls: [{ name: 'find', arguments: '{}' }] },
    ],
    [
      `${block('look')}\n${tight}`,
      {
        content: '',
        calls: [
          { name: 'look', arguments: given },
          { name: 'find', arguments: '{}' },
        ],
      },
    ],
    [block('other'), { content: block('other'), calls: [] }],
    ['```json\n{"name": "look"}\n```', { content: '```json\n{"name": "look"}\n```', calls: [] }],
  ])('%j', (text, expected) => {
    expect(readCalls(text, syntax)).toEqual(expected);
    const reader = createCallReader(syntax);
    const parts = Array.from(text).flatMap((piece) => reader.push(piece));
    expect(collect([...parts, ...reader.end()])).toEqual(expected);
  });

  it('are none where no functions are named', () => {
    expect(readCalls(tight, { form: 'hermes', atStart: false }).calls).toEqual([]);
  });
});

it('takes time in proportion to the text', () => {
  const reader = createCallReader({ form: 'hermes', atStart: false });
  const lengths = Array.from({ length: 200_000 }, () => reader.push(' ').length);
  expect(lengths.every((length) => length === 0)).toBe(true);
  expect(reader.end()).toEqual([{ kind: 'text', text: ' '.repeat(200_000) }]);
});
