import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { everyByte, pieceVocabulary, tokensOf } from '../../test/support/piece-vocabulary.ts';
import { runs } from '../../test/support/runs.ts';
import { ConstraintError, type ConstraintState, type StructuralTag } from '../spec/index.ts';
import { compileConstraint, createConstraintState } from './index.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const marker = 256;
const vocabulary = pieceVocabulary([
  ...everyByte,
  encode('<call>'),
  encode('call>{"a'),
  encode('ing <ca'),
]);

const start = (format: object): ConstraintState =>
  createConstraintState(compileConstraint({ structuralTag: format as StructuralTag }), vocabulary);

/** Whether the whole text fits, byte by byte. */
function fits(format: object, text: string): boolean {
  const state = start(format);
  for (const byte of encode(text)) {
    if (!state.allows(byte, Infinity)) return false;
    state.accept(byte);
  }
  return state.canEnd;
}

const integer = { type: 'json_schema', json_schema: { type: 'integer', minimum: 0, maximum: 99 } };
const tag = (name: string) => ({ begin: `<call>${name} `, content: integer, end: '</call>' });
const triggered = { type: 'triggered_tags', triggers: ['<call>'], tags: [tag('f'), tag('g')] };

describe('triggered tags', () => {
  it.each<[string, boolean]>([
    ['', true],
    ['Free text, 日本 <call <<cal', true],
    ['a <call>f 7</call>', true],
    ['<call>f 7</call><call>g 8</call> and so on', true],
    ['a <<call>f 7</call>', true],
    ['<call>', false],
    ['<call>f 7', false],
    ['<call>h 7</call>', false],
    ['<call>f x</call>', false],
    ['<call>f 7</call><call>', false],
  ])('%j: %s', (text, expected) => {
    expect(fits(triggered, text)).toBe(expected);
  });

  it('must come first where there must be one, and end it where it is the only one', () => {
    const one = { ...triggered, at_least_one: true };
    expect([
      fits(one, ''),
      fits(one, 'a <call>f 7</call>'),
      fits(one, '<call>f 7</call> a'),
    ]).toEqual([false, false, true]);
    const only = { ...triggered, stop_after_first: true };
    expect([
      fits(only, 'a'),
      fits(only, 'a<call>f 7</call>'),
      fits(only, '<call>f 7</call>a'),
    ]).toEqual([true, true, false]);
    const both = { ...one, stop_after_first: true };
    expect([
      fits(both, '<call>g 7</call>'),
      fits(both, '<call>g 7</call>a'),
      fits(both, ''),
    ]).toEqual([true, false, false]);
  });

  it('are whatever the first trigger begins', () => {
    const tags = [
      { begin: 'aab', content: { type: 'const_string', value: '!' }, end: '' },
      { begin: 'b', content: { type: 'const_string', value: '?' }, end: '' },
    ];
    const format = { type: 'triggered_tags', triggers: ['aa', 'b'], tags };
    const expected: [string, boolean][] = [
      ['caab!', true],
      ['aaab!', false],
      ['ab?', true],
      ['ab!', false],
      ['aac', false],
    ];
    for (const [text, fit] of expected) expect([text, fits(format, text)]).toEqual([text, fit]);
  });

  it('are what a reader of the text would find', () => {
    const words = fc.constantFrom(
      '<call>',
      'f ',
      'g ',
      '7',
      '</call>',
      'a',
      '<',
      '<cal',
      'l>',
      'é',
    );
    /** From the left: free text up to a trigger, then one of the tags, over and over. */
    const reads = (text: string): boolean => {
      const at = text.indexOf('<call>');
      if (at < 0) return true;
      const found = /^<call>[fg] (?:0|[1-9][0-9]?)<\/call>/.exec(text.slice(at));
      return found !== null && reads(text.slice(at + found[0].length));
    };
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        expect(fits(triggered, text)).toBe(reads(text));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('let nearly every token be free text, and force nothing there', () => {
    const state = start(triggered);
    const allowed = tokensOf(state.mask(Infinity));
    expect(allowed).toContain(marker);
    const spellable = Array.from({ length: 128 }, (_, byte) => byte);
    expect(spellable.filter((byte) => !allowed.includes(byte))).toEqual([]);
    expect(state.forced(Infinity)).toEqual([]);
    for (const byte of encode('a <cal')) state.accept(byte);
    expect(state.forced(Infinity)).toEqual([]);
    state.truncate(2);
    state.accept(marker);
    expect(tokensOf(state.mask(Infinity))).toEqual([...encode('fg')]);
    state.accept(encode('f')[0]!);
    for (const byte of encode(' 7')) state.accept(byte);
    state.accept(encode('0')[0]!);
    expect(Buffer.from(state.forced(Infinity)).toString()).toBe('</call');
  });

  it('are not begun where there is no room to end them', () => {
    const state = start(triggered);
    expect(state.allows(marker, 3)).toBe(false);
    expect(state.allows(marker, 1 + encode('f 0</call>').length)).toBe(true);
    expect(state.canEnd).toBe(true);
  });
});

describe('other formats', () => {
  const json = { type: 'json_schema', json_schema: { type: 'object', properties: { a: true } } };
  const thinking = {
    type: 'sequence',
    elements: [{ type: 'tag', begin: '', content: { type: 'any_text' }, end: '</think>' }, json],
  };
  const separated = { type: 'tags_with_separator', tags: [tag('f')], separator: ', ' };
  const word = { type: 'const_string', value: 'ab' };

  it.each<[object, readonly string[], readonly string[]]>([
    [
      thinking,
      ['a {"b" </think>{"a": 1}', '</think>{}'],
      ['{}', 'a</think>', 'a</think>b</think>{}'],
    ],
    [separated, ['', '<call>f 1</call>, <call>f 2</call>'], ['<call>f 1</call>, ', 'a']],
    [{ ...separated, at_least_one: true }, ['<call>f 1</call>'], ['']],
    [
      { ...separated, stop_after_first: true },
      ['', '<call>f 1</call>'],
      ['<call>f 1</call>, <call>f 2</call>'],
    ],
    [{ type: 'any_text', excludes: ['x', 'yz'] }, ['', 'zyay'], ['x', 'ayz']],
    [{ type: 'or', elements: [word, integer] }, ['ab', '7'], ['', 'ab7']],
    [{ type: 'optional', content: word }, ['', 'ab'], ['abab']],
    [{ type: 'star', content: word }, ['', 'abab'], ['a']],
    [{ type: 'plus', content: word }, ['ab', 'abab'], ['']],
    [{ type: 'repeat', content: word, min: 2, max: 3 }, ['abab'], ['ab', 'abababab']],
    [{ type: 'repeat', content: word, min: 1, max: -1 }, ['abababab'], ['']],
    [{ type: 'regex', pattern: '[ab]{2}' }, ['ba'], ['b']],
    [{ type: 'grammar', grammar: 'root ::= "(" root? ")"' }, ['(())'], ['(()']],
    [{ type: 'tag', begin: '(', content: word, end: [')', ']'] }, ['(ab)', '(ab]'], ['(ab']],
    [
      { type: 'tag', begin: '<', content: { type: 'any_text', excludes: ['!'] }, end: '>' },
      ['<a>'],
      ['<!>', '<a>>'],
    ],
    [
      { type: 'tag', begin: '[', content: triggered, end: ']' },
      ['[a<call>f 1</call>b]'],
      ['[a]b]'],
    ],
    [{ type: 'sequence', elements: [json, json] }, ['{"a":[{}]}{}'], ['{}']],
  ])('%j', (format, allowed, refused) => {
    expect(allowed.filter((text) => !fits(format, text))).toEqual([]);
    expect(refused.filter((text) => fits(format, text))).toEqual([]);
  });

  it.each<[unknown, string, RegExp]>([
    [1, '', /must be a format/],
    [{}, '/type', /"undefined"/],
    [{ type: 'triggered_tag' }, '/type', /Did you mean `triggered_tags`/],
    [{ type: 'token', token: 5 }, '/token', /must be text/],
    [{ type: 'any_text', max_tokens: 5 }, '', /no field "max_tokens"/],
    [{ type: 'const_string', value: 1 }, '/value', /must be text/],
    [{ type: 'const_string', value: '\uD800' }, '/value', /surrogate/],
    [{ type: 'sequence', elements: [] }, '/elements', /an element or more/],
    [{ type: 'sequence', elements: [word, 1] }, '/elements/1', /must be a format/],
    [{ type: 'repeat', content: word, min: 2, max: 1 }, '', /min and max/],
    [{ ...triggered, triggers: [] }, '/triggers', /an element or more/],
    [{ ...triggered, triggers: [''] }, '/triggers/0', /empty/],
    [{ ...triggered, triggers: ['<', '<call>'] }, '/triggers/1', /contains the trigger "<"/],
    [{ ...triggered, triggers: ['<x'] }, '/tags/0/begin', /begins with none of the triggers/],
    [{ ...triggered, tags: [{ ...tag('f'), type: 'regex' }] }, '/tags/0/type', /type tag/],
    [{ ...triggered, at_least_one: 1 }, '/at_least_one', /true or false/],
    [{ type: 'json_schema', json_schema: { type: 'x' } }, '/json_schema/type', /./],
    [{ type: 'json_schema', json_schema: true, style: 'qwen_xml' }, '/style', /"json"/],
    [{ type: 'json_schema', json_schema: true, any_order: true }, '/any_order', /order/],
    [{ type: 'optional', content: { type: 'regex', pattern: '(' } }, '/content/pattern', /./],
    [{ type: 'grammar', grammar: 'a ::= "b"' }, '/grammar', /root/],
    [deep(), '/content'.repeat(201), /nests deeper/],
  ])('refuses %j', (format, path, message) => {
    const compile = () => compileConstraint({ structuralTag: format as StructuralTag });
    expect(compile).toThrow(ConstraintError);
    expect(compile).toThrow(
      expect.objectContaining({ path, message: expect.stringMatching(message) }),
    );
  });

  it('take a control token where it is named, and nowhere else', () => {
    const control = vocabulary.size - 1;
    const token = { type: 'token', token: '<|control|>' };
    const state = start({
      type: 'sequence',
      elements: [{ type: 'or', elements: [token, word] }, json],
    });
    expect(tokensOf(state.mask(Infinity))).toEqual([encode('a')[0]!, control]);
    expect(state.forced(Infinity)).toEqual([]);
    state.accept(control);
    expect(tokensOf(state.mask(Infinity))).toEqual([encode('{')[0]!]);
    expect(tokensOf(start({ type: 'any_text' }).mask(Infinity))).not.toContain(control);
    const alone = start({ type: 'sequence', elements: [token, word] });
    expect(tokensOf(alone.mask(3))).toEqual([control]);
    const absent = { type: 'or', elements: [{ type: 'token', token: '<|none|>' }, word] };
    expect(tokensOf(start(absent).mask(2))).toEqual([encode('a')[0]!]);
  });

  it('shares the rules of JSON among many schemas', () => {
    const many = (count: number) =>
      compileConstraint({
        structuralTag: {
          type: 'triggered_tags',
          triggers: ['<call>'],
          tags: Array.from({ length: count }, (_, i) => ({
            begin: `<call>f${i} `,
            content: { type: 'json_schema', json_schema: { type: 'object' } },
            end: '</call>',
          })),
        },
      }).automaton.size;
    expect(many(128) - many(127)).toBeLessThan(20);
  });
});

function deep(): object {
  let format: object = { type: 'any_text' };
  for (let i = 0; i < 300; i++) format = { type: 'optional', content: format };
  return format;
}

it('tells of keywords that schemas in it have and JSON Schema does not', () => {
  const content = { type: 'json_schema', json_schema: { type: 'integer', javaType: 'Long' } };
  const format = { type: 'sequence', elements: [{ type: 'const_string', value: 'a' }, content] };
  const { ignored } = compileConstraint({ structuralTag: format });
  expect(ignored).toEqual(['/elements/1/json_schema/javaType']);
});
