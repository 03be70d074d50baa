import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { showMarkdown, splitSettled } from './markdown.ts';
import { createPalette, type Palette } from './palette.ts';
import { wrapText } from './wrap.ts';

const named = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
/** Styles that can be read. */
const palette: Palette = {
  ...createPalette(false),
  bold: named('b'),
  italic: named('i'),
  dim: named('d'),
  accent: named('a'),
};

const show = (text: string, width = 80) => showMarkdown(text, { width, palette }).join('\n');

describe('Markdown on a terminal', () => {
  it.each([
    ['# Title *x*', '<b>Title </b><b><i>x</i></b>'],
    ['A **b _c_** `d < e`', 'A <b>b </b><b><i>c</i></b> <a>d < e</a>'],
    ['one\ntwo  \nthree', 'one\ntwo\nthree'],
    ['a\n\n\n\nb', 'a\n\nb'],
    ['[here](http://x.y) or http://x.y', 'here<d> (http://x.y)</d> or http://x.y'],
    ['2 \\* 3 & ~~no~~ <b>', '2 * 3 & ~~no~~ <b>'],
    ['- one\n- two\n  1. x\n  2. y', '• one\n• two\n  1. x\n  2. y'],
    ['- one\n\n- two', '• one\n\n• two'],
    ['- [x] done\n- [ ] open', '• ☑ done\n• ☐ open'],
    ['> a\n> b\n>\n> c', '<d>│ </d>a\n<d>│ </d>b\n<d>│ </d>\n<d>│ </d>c'],
    ['```js\nlet a = 1;\n\n  b\n```', '<d>```js</d>\nlet a = 1;\n\n  b\n<d>```</d>'],
    ['```\nnot yet closed', '<d>```</d>\nnot yet closed\n<d>```</d>'],
    ['| a | b |\n|---|--:|\n| 1 | 22 |\n| 3 | 4 |', '<b>a</b>  <b>b</b>\n1  22\n3   4'],
    ['<div>\nx\n</div>', '<div>\nx\n</div>'],
    ['snake_case_name and 2*3*4', 'snake_case_name and 2<i>3</i>4'],
    ['', ''],
  ])('%j', (text, shown) => {
    expect(show(text)).toBe(shown);
  });

  it('breaks lines between words, with the style on both sides', () => {
    expect(show('one **two three** four', 10)).toBe('one <b>two</b>\n<b>three</b> four');
    expect(show('- one two three', 10)).toBe('• one two\n  three');
  });

  it('puts the cells of a table that is too wide below each other', () => {
    const table = '| name | what |\n|---|---|\n| one | a long text |\n| two | b |';
    expect(show(table, 12)).toBe(
      '<b>name</b>: one\n<b>what</b>: a long text\n\n<b>name</b>: two\n<b>what</b>: b',
    );
  });

  it('shows all of what is nested beyond any sense', () => {
    const deep = '>'.repeat(20_000) + 'x';
    expect(show(deep).replaceAll('\n', '').endsWith('x')).toBe(true);
  });

  it('loses no letter', () => {
    const piece = fc.constantFrom(
      'a',
      'bc ',
      '\n',
      '\n\n',
      '**',
      '_',
      '# ',
      '- ',
      '1. ',
      '> ',
      '漢',
      'd\t',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const lines = showMarkdown(text, { width: 12, palette: createPalette(false) });
        const letters = (some: string) => some.replaceAll(/[^abcd漢]/g, '');
        expect(letters(lines.join(''))).toBe(letters(text));
      }),
      { numRuns: 300 },
    );
  });

  it('breaks a text without marks as it breaks any text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('ab', 'c ', ' ', '\n'), { maxLength: 30 }), (pieces) => {
        const text = `x${pieces.join('')}x`.replaceAll(/\s*\n\s*/g, '\n');
        expect(show(text, 14)).toBe(wrapText(text, 14).join('\n'));
      }),
    );
  });
});

describe('what is settled of a text that still comes', () => {
  it.each([
    ['one', '', 'one'],
    ['one\n\ntw', 'one\n\n', 'tw'],
    ['- a\n- b\n\n- c', '', '- a\n- b\n\n- c'],
    ['a\n\n```\nx\n\ny', 'a\n\n', '```\nx\n\ny'],
    ['a\n\na', 'a\n\n', 'a'],
    ['\n\n', '', '\n\n'],
  ])('%j', (text, settled, growing) => {
    expect(splitSettled(text)).toEqual([settled, growing]);
  });

  it('is shown the same piece by piece as at once', () => {
    const text =
      '# A\n\nSome *text*\nmore\n\n- a\n- b\n\n  c\n\n```py\nx = 1\n\ny\n```\n\n> q\n\n| a |\n|---|\n| b |\n\nend';
    let [shown, rest] = [[] as string[], ''];
    for (const character of text) {
      const [settled, growing] = splitSettled(rest + character);
      if (settled.trim() !== '') shown = [...shown, show(settled)];
      rest = growing;
    }
    expect([...shown, show(rest)].join('\n\n')).toBe(show(text));
  });
});
