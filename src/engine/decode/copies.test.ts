import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Copies } from './copies.ts';

/** What is documented, by looking at every place. */
function documented(text: readonly number[], most: number) {
  let best = { place: -1, matched: 0 };
  for (let place = 2; place < text.length; place++) {
    let matched = 0;
    while (matched < Math.min(place, 16) && text[place - 1 - matched] === text.at(-1 - matched))
      matched++;
    if (matched >= 2 && matched >= best.matched) best = { place, matched };
  }
  if (best.matched === 0 || most <= 0) return null;
  const tokens = text.slice(best.place, best.place + most);
  return { tokens, matched: best.matched, isPrepared: false };
}

describe('copies', () => {
  it('are what followed the longest match, the latest of those', () => {
    const tokens = fc.array(fc.nat(2), { maxLength: 14 });
    fc.assert(
      fc.property(tokens, tokens, fc.nat(9), (prompt, answer, most) => {
        const copies = new Copies(prompt);
        for (const token of answer) copies.push(token);
        expect(copies.find(most)).toEqual(documented([...prompt, ...answer], most));
      }),
    );
  });

  it('know nothing of what was dropped', () => {
    const tokens = fc.array(fc.nat(3), { maxLength: 20 });
    fc.assert(
      fc.property(tokens, tokens, tokens, (kept, dropped, after) => {
        const copies = new Copies(kept);
        for (const token of dropped) copies.push(token);
        copies.drop(dropped.length);
        for (const token of after) copies.push(token);
        expect(copies.find(5)).toEqual(new Copies([...kept, ...after]).find(5));
      }),
    );
  });

  it('look at the last places alone, where the same pair stands often', () => {
    const copies = new Copies(Array.from({ length: 10_000 }, (_, i) => i % 2));
    expect(copies.find(3)).toEqual({
      tokens: [0, 1],
      matched: 16,
      isPrepared: false,
    });
  });

  it('are of prepared texts where those agree with more, and never go beyond one', () => {
    const copies = new Copies(
      [9, 1, 2],
      [
        [5, 1, 2, 3, 4],
        [9, 1, 2, 6],
        [8, 1, 2],
      ],
    );
    expect(copies.find(5)).toEqual({ tokens: [6], matched: 3, isPrepared: true });
    copies.push(3);
    expect(copies.find(5)).toEqual({ tokens: [4], matched: 3, isPrepared: true });
    copies.drop(1);
    for (const token of [7, 9, 1, 2]) copies.push(token);
    // Its own text, which says as much, is the later one.
    expect(copies.find(2)).toEqual({ tokens: [7, 9], matched: 3, isPrepared: false });
  });

  it('are of the prepared text that goes on longest, whatever the others are', () => {
    const tokens = fc.array(fc.nat(2), { minLength: 3, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 5 }), tokens, (prepared, prompt) => {
        const copy = new Copies(prompt, prepared).find(9);
        if (copy?.isPrepared !== true) return;
        const before = prompt.slice(-Math.min(copy.matched, prompt.length));
        const said = [...before, ...copy.tokens].join();
        expect(
          prepared.some(
            (text) => `,${text.join()}`.endsWith(`,${said}`) || text.join().includes(said),
          ),
        ).toBe(true);
      }),
    );
  });
});
