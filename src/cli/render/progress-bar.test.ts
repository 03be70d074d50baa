import { describe, expect, it } from 'vitest';

import { createOutput } from '../output.ts';
import { createProgressBar, renderProgress } from './progress-bar.ts';

function terminal(columns: number, env: NodeJS.ProcessEnv = {}, isTTY = true) {
  let written = '';
  const stream = { isTTY, columns, write: (text: string) => (written += text) };
  return {
    output: createOutput(stream, ['--no-color'], env),
    take: () => [written, (written = '')][0]!,
  };
}

describe('renderProgress', () => {
  const bar = (columns: number, share: number) =>
    renderProgress(terminal(columns).output, 'label', share, 'facts');

  it.each([
    [0, `label  ${'╌'.repeat(30)}  facts`],
    [0.5, `label  ${'━'.repeat(15)}${'╌'.repeat(15)}  facts`],
    [0.05, `label  ${'━'.repeat(2)}${'╌'.repeat(28)}  facts`],
    [1, `label  ${'━'.repeat(30)}  facts`],
  ])('at %d', (share, line) => {
    expect(bar(100, share)).toBe(line);
  });

  it('leaves two columns, and is no bar where it would be short', () => {
    expect(bar(21, 1)).toBe('label  ━━━━━  facts');
    expect(bar(20, 1)).toBe('label  facts');
    expect(bar(45, 1)).toHaveLength(43);
    expect(bar(47, 1)).toHaveLength(44);
  });

  it('counts cells, not characters', () => {
    const { output } = terminal(22);
    expect(renderProgress(output, '漢字', 1, 'facts')).toBe('漢字  ━━━━━━━  facts');
  });

  it('is in two colours', () => {
    const output = createOutput({ isTTY: true, columns: 21, write() {} }, [], { TERM: 'xterm' });
    expect(renderProgress(output, 'label', 0.4, 'facts')).toBe(
      'label  \u001B[36m━━\u001B[39m\u001B[2m╌╌╌\u001B[22m  facts',
    );
  });
});

describe('a progress bar', () => {
  it('is drawn in place, ten times a second at most, and leaves nothing', () => {
    let ms = 5;
    const { output, take } = terminal(20);
    const bar = createProgressBar(output, () => ms);
    bar.clear();
    expect(take()).toBe('');
    bar.draw('a', 0, '0');
    expect(take()).toBe('\u001B[?25la  ╌╌╌╌╌╌╌╌╌╌╌╌  0\u001B[K\n\u001B[J');
    ms = 104;
    bar.draw('a', 1, '1');
    expect(take()).toBe('');
    ms = 105;
    bar.draw('a', 1, '1');
    expect(take()).toBe('\u001B[1A\ra  ━━━━━━━━━━━━  1\u001B[K\n\u001B[J');
    bar.clear();
    expect(take()).toBe('\u001B[1A\r\u001B[J\u001B[?25h');
    bar.draw('a', 1, '1');
    expect(take()).toBe('\u001B[?25la  ━━━━━━━━━━━━  1\u001B[K\n\u001B[J');
    bar[Symbol.dispose]();
    bar[Symbol.dispose]();
    expect(take()).toBe('\u001B[1A\r\u001B[J\u001B[?25h');
  });

  it.each([
    ['a pipe', terminal(80, {}, false)],
    ['a dumb terminal', terminal(80, { TERM: 'dumb' })],
  ])('is nothing on %s', (_, { output, take }) => {
    using bar = createProgressBar(output, () => 0);
    bar.draw('a', 0.5, 'b');
    bar.clear();
    expect(take()).toBe('');
  });
});
