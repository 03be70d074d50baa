import { describe, expect, it } from 'vitest';

import type { Output } from '../output.ts';
import { physicalRows, renderBlocks } from './columns.ts';
import { LiveArea } from './live-area.ts';
import { createPalette } from './palette.ts';
import { renderPairs, renderTable, rightAligned } from './table.ts';
import { cellWidth } from './width.ts';

const plain = { title: (text: string) => text, footer: (text: string) => text };
const block = (title: string, text: string) => ({ title, text, footer: [`${title} end`] });

describe('renderBlocks', () => {
  it('puts blocks side by side, footers below the longest', () => {
    const lines = renderBlocks([block('A', 'one two'), block('B', 'x\ny\nz')], 60, plain);
    expect(lines.map((line) => line.split(/ {3,}/))).toEqual([
      ['A', 'B'],
      ['one two', 'x'],
      ['', 'y'],
      ['', 'z'],
      ['A end', 'B end'],
    ]);
  });

  it('fits any width, in as many bands as it takes', () => {
    const blocks = ['A', 'B', 'C', 'D', 'E'].map((title) => block(title, 'word '.repeat(30)));
    for (const width of [10, 26, 40, 55, 84, 110, 200]) {
      const lines = renderBlocks(blocks, width, plain);
      expect(Math.max(...lines.map(cellWidth))).toBeLessThanOrEqual(width);
      for (const { title } of blocks)
        expect(lines.join('\n')).toMatch(new RegExp(`\\b${title}\\b`));
    }
    expect(renderBlocks(blocks, 84, plain)[0]).toMatch(/^A +B +C$/);
    expect(renderBlocks(blocks, 10, plain)[0]).toBe('A');
  });
});

describe('renderTable', () => {
  it('aligns columns by what is seen', () => {
    expect(
      renderTable(
        [{ title: 'name' }, rightAligned('n')],
        [
          ['\u001B[1ma\u001B[22m', '1'],
          ['漢字', '100'],
        ],
      ),
    ).toEqual(['name    n', '\u001B[1ma\u001B[22m       1', '漢字  100']);
    expect(
      renderPairs([
        ['a', '1'],
        ['long', ''],
      ]),
    ).toEqual(['a     1', 'long']);
  });
});

describe('LiveArea', () => {
  function recorder(rows: number, columns: number) {
    let written = '';
    const output: Output = {
      isTerminal: true,
      canRedraw: true,
      rows,
      columns,
      palette: createPalette(false),
      write: (text) => (written += text),
      plain: (text) => text,
    };
    return { output, take: () => [written, (written = '')][0]! };
  }

  it('goes up by the rows that it drew, those that the terminal broke counted', () => {
    const { output, take } = recorder(20, 10);
    using area = new LiveArea(output);
    area.draw(['short', 'x'.repeat(25)]);
    expect(take()).toBe(`\u001B[?25lshort\u001B[K\n${'x'.repeat(25)}\u001B[K\n\u001B[J`);
    area.draw(['a']);
    expect(take()).toMatch(/^\u001B\[4A\r/); // oxlint-disable-line no-control-regex
    area.finish(['b']);
    expect(take()).toBe('\u001B[1A\rb\u001B[K\n\u001B[J\u001B[?25h');
  });

  it('shows the end of what is higher than the terminal, and all of it at last', () => {
    const { output, take } = recorder(4, 80);
    using area = new LiveArea(output);
    area.draw(['1', '2', '3', '4', '5']);
    expect(take().match(/\d(?=\u001B\[K)/g)).toEqual(['3', '4', '5']); // oxlint-disable-line no-control-regex
    area.finish(['1', '2', '3', '4', '5']);
    expect(take()).toContain('1\u001B[K\n2');
  });

  it('keeps one line off the bottom, and the last line however high it is', () => {
    const { output, take } = recorder(4, 10);
    using area = new LiveArea(output);
    area.draw(['1', '2', '3']);
    expect(take()).toContain('1\u001B[K\n2\u001B[K\n3');
    area.draw(['1', `2${'x'.repeat(40)}`]);
    expect(take()).not.toContain('1\u001B[K');
    area.draw([`3${'x'.repeat(40)}`]);
    expect(take()).toContain('3x');
  });

  it('touches the cursor only where it has hidden it', () => {
    const { output, take } = recorder(20, 10);
    const area = new LiveArea(output);
    area[Symbol.dispose]();
    expect(take()).toBe('');
    area.finish(['a']);
    expect(take()).toBe('a\u001B[K\n\u001B[J');
    area.draw(['b']);
    area.draw(['c']);
    expect(take().match(/\?25l/g)).toHaveLength(1);
    area[Symbol.dispose]();
    area[Symbol.dispose]();
    expect(take()).toBe('\u001B[?25h');
  });

  it('counts rows', () => {
    expect(physicalRows(['', '1234', '12345'], 4)).toBe(4);
  });
});
