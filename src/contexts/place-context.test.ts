import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { expectedSaving } from './expected-saving.ts';
import { placeContext } from './place-context.ts';
import { cutNotes, questionsIn } from './prompts.ts';

const user = (content: string) => ({ role: 'user', content }) as const;
const system = (content: string) => ({ role: 'system', content }) as const;
const assistant = (content: string) => ({ role: 'assistant', content }) as const;

describe('the place of a context', () => {
  it('is before the first message of the user, so that later turns begin alike', () => {
    const turns = [system('S'), user('one'), assistant('1'), user('two')];
    expect(placeContext({ messages: turns.slice(0, 2) }, 'T').messages).toEqual([
      system('S'),
      user('T\n\none'),
    ]);
    expect(placeContext({ messages: turns }, 'T').messages).toEqual([
      system('S'),
      user('T\n\none'),
      assistant('1'),
      user('two'),
    ]);
  });

  it('is a message of its own where the user says nothing', () => {
    const { messages } = placeContext({ messages: [system('S'), assistant('a')] }, 'T');
    expect(messages).toEqual([system('S'), user('T'), assistant('a')]);
  });
});

describe('questions of an answer', () => {
  it('are its lines that ask, each once, without what numbers them', () => {
    const text = 'Here are some:\n1. Who?\n- When was it?\n2) Who?\n\n  * Why?  \nBecause.';
    expect(questionsIn(text, 9, 20)).toEqual(['Who?', 'When was it?', 'Why?']);
    expect(questionsIn(text, 1, 20)).toEqual(['Who?']);
    expect(questionsIn(text, 9, 5)).toEqual(['Who?', 'Why?']);
  });
});

describe('notes', () => {
  it('are never longer than they may be, nor cut within a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 20 }),
        (text, most) => {
          const notes = cutNotes(text, most);
          expect(notes.length).toBeLessThanOrEqual(most);
          expect(text.trim().startsWith(notes)).toBe(true);
          expect(notes).not.toMatch(/\p{Surrogate}/u);
        },
      ),
    );
    expect(cutNotes('one\ntwo\nthree', 9)).toBe('one\ntwo');
  });
});

describe('what is expected to be saved', () => {
  const none = { answers: 0, hits: 0 };
  const foreseen = (foresight: typeof none, unasked: number) =>
    expectedSaving(false, foresight, unasked, [20]);

  it('is worth some questions at first, and no more where none of them is asked', () => {
    expect(foreseen(none, 0)).toBeCloseTo(0.5 * 0.85 * 20 - 2);
    const worth = Array.from({ length: 30 }, (_, n) => n).filter((n) => foreseen(none, n) > 0);
    expect(worth.length).toBe(13);
    expect(foreseen({ answers: 40, hits: 0 }, 0)).toBeLessThan(0);
    expect(foreseen({ answers: 40, hits: 40 }, 8)).toBeGreaterThan(0);
  });

  it('is worth every question that is given', () => {
    expect(expectedSaving(true, { answers: 99, hits: 0 }, 30, [])).toBeGreaterThan(0);
  });
});
