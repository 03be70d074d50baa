import { stripVTControlCharacters } from 'node:util';

import { expect, it } from 'vitest';

import { createOutput } from '../output.ts';
import { markdownPrinter } from './markdown-printer.ts';

/** What a terminal shows of what is written to it, as far as cursors are moved here. */
function onScreen(written: string): string {
  const lines = [''];
  let row = 0;
  let column = 0;
  // oxlint-disable-next-line no-control-regex -- what moves the cursor
  for (const [part] of written.matchAll(/\u001B\[\??\d*[A-Za-z]|\r|\n|[^\u001B\r\n]+/g)) {
    if (part.endsWith('A') && part.startsWith('\u001B')) row -= Number(part.slice(2, -1));
    else if (part === '\u001B[J') lines.splice(row, lines.length, lines[row]!.slice(0, column));
    else if (part === '\u001B[K') lines[row] = lines[row]!.slice(0, column);
    else if (part === '\r') column = 0;
    else if (part === '\n') [row, column] = [row + 1, 0];
    else if (!part.startsWith('\u001B')) {
      lines[row] = lines[row]!.slice(0, column) + part + lines[row]!.slice(column + part.length);
      column += part.length;
    }
    lines[row] ??= '';
  }
  return lines.join('\n');
}

function print(pieces: readonly string[], { msPerPiece = 50 } = {}) {
  let written = '';
  let ms = 0;
  const out = createOutput(
    { isTTY: true, columns: 40, rows: 12, write: (text: string) => (written += text) },
    ['--no-color'],
    { TERM: 'xterm' },
  );
  const printer = markdownPrinter({ out, now: () => (ms += msPerPiece) });
  for (const piece of pieces) printer.write(piece);
  printer.end();
  return { written, screen: onScreen(written) };
}

const characters = (text: string): string[] => text.split('');

const text = '  Hello **you**\n\n1. one\n2. two\n\n```\ncode\n```\n\nThe *end*.';

it.each([0, 7, 50])('shows the same however it comes: every %i ms', (msPerPiece) => {
  const { screen } = print(characters(text), { msPerPiece });
  expect(screen).toBe('Hello you\n\n1. one\n2. two\n\n```\ncode\n```\n\nThe end.\n');
  expect(print([text]).screen).toBe(screen);
});

it('draws no oftener than a reader sees', () => {
  const draws = (ms: number) =>
    print(characters(text), { msPerPiece: ms }).written.split('\u001B[J').length;
  expect(draws(0)).toBeLessThan(4);
  expect(draws(50)).toBeGreaterThan(40);
});

it('shows nothing of nothing, and leaves the cursor to be seen', () => {
  expect(print([' ', '\n']).written).toBe('');
  const { written } = print(['Hi']);
  expect(written.lastIndexOf('\u001B[?25h')).toBeGreaterThan(written.lastIndexOf('\u001B[?25l'));
});

it('steers no terminal', () => {
  const { screen } = print(['a\u001B[2J', '`\u001B]0;x\u0007`']);
  expect(stripVTControlCharacters(screen)).toBe('a\\x1b[2J\\x1b]0;x\\x07\n');
});
