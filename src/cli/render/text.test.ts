import { describe, expect, it } from 'vitest';

import { escapeControls, escapeLine } from './escape.ts';
import { cellWidth, padEnd, padStart } from './width.ts';
import { wrapText } from './wrap.ts';

describe('escapeControls', () => {
  it('spells what a terminal would obey and leaves the rest', () => {
    expect(escapeControls('\u001B[2J\u0007\r\u009B31m\u007F')).toBe(
      String.raw`\x1b[2J\x07\x0d\x9b31m\x7f`,
    );
    expect(escapeControls('a\tb\nc é 漢 👩‍🚀')).toBe('a\tb\nc é 漢 👩‍🚀');
  });

  it('keeps to one line where asked', () => {
    expect(escapeLine('a\tb\nc\u0000')).toBe(String.raw`a\tb\nc\x00`);
  });
});

describe('cellWidth', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['漢字', 4],
    ['ｗ', 2],
    ['👩‍🚀', 2],
    ['❤️', 2],
    ['\u001B[1;36mab\u001B[0m', 2],
  ])('of %j is %d', (text, width) => {
    expect(cellWidth(text)).toBe(width);
  });

  it('is what padding counts', () => {
    expect(padEnd('漢', 4)).toBe('漢  ');
    expect(padStart('\u001B[1mab\u001B[22m', 3)).toBe(' \u001B[1mab\u001B[22m');
    expect(padEnd('long', 2)).toBe('long');
  });
});

describe('wrapText', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['one two', 3, ['one', 'two']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['ab cdefgh', 4, ['ab', 'cdef', 'gh']],
    ['漢字漢字', 5, ['漢字', '漢字']],
    ['a\n\nb', 9, ['a', '', 'b']],
    ['', 9, ['']],
    ['漢', 1, ['漢']],
    ['a  b', 9, ['a  b']],
  ])('breaks %j at %d', (text, width, lines) => {
    expect(wrapText(text, width)).toEqual(lines);
  });
});
