import { expect, it } from 'vitest';

import { createOutput } from '../output.ts';
import { createPreparingBar } from './preparing-bar.ts';

/** A bar on a terminal whose clock a test moves, and what is drawn at a time. */
function preparing() {
  let ms = 0;
  let written = '';
  const stream = { isTTY: true, columns: 100, write: (text: string) => (written += text) };
  const err = createOutput(stream, ['--no-color'], {});
  const bar = createPreparingBar({ err, now: () => ms }, false);
  return {
    bar,
    drawn: (at: number, tokens: number) => {
      ms = at;
      written = '';
      bar.update({ tokens, most: 128 });
      return written;
    },
  };
}

it('tells how far two answers are, and how long they take at most', () => {
  const { drawn } = preparing();
  expect(drawn(0, 0)).toContain('0 of at most 128 tokens');
  expect(drawn(1000, 2)).not.toContain('more');
  expect(drawn(4000, 8)).toContain('8 of at most 128 tokens, at most 1:00 more');
});

it('measures anew for the answers to another prompt, and for another question', () => {
  const { bar, drawn } = preparing();
  drawn(0, 100);
  expect(drawn(9000, 0)).not.toContain('more');
  expect(drawn(10_000, 28)).toContain('at most 0:04 more');
  bar.clear();
  expect(drawn(20_000, 60)).not.toContain('more');
});
