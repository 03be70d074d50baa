import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { Conversation } from './conversation.ts';

/** What a token to each character would count. */
const usageOf = (promptTokens: number, completionTokens: number) => ({
  promptTokens,
  completionTokens,
  models: { small: { promptTokens: promptTokens + 1, cachedTokens: 0, forwards: 1 } },
});

/** Asks for `counts` characters each, and is answered as many. */
function talk(conversation: Conversation, counts: readonly number[]): void {
  for (const [i, count] of counts.entries()) {
    const question = String.fromCodePoint(97 + (i % 26)).repeat(count);
    const asked = conversation.ask(question).reduce((sum, { content }) => sum + content.length, 0);
    conversation.remember(question, question, usageOf(asked, count));
  }
}

it('forgets the oldest exchanges, and never the system message or the question', () => {
  const conversation = new Conversation('Be kind.');
  talk(conversation, [10, 10, 10, 10]);
  const room = { contextLength: 100, maxTokens: undefined };
  expect(conversation.makeRoom(room)).toBe(1);
  expect(conversation.ask('e').map(({ content }) => content[0])).toEqual('Bbbccdde'.split(''));
  expect(conversation.makeRoom(room)).toBe(0);
  expect(conversation.makeRoom({ contextLength: 1, maxTokens: 1 })).toBe(3);
  expect(conversation.ask('e').map(({ content }) => content)).toEqual(['Be kind.', 'e']);
  expect(conversation.forgetOldest()).toBe(false);
});

it('leaves room for the answer that is asked for, but at most half', () => {
  const forgottenOf = (maxTokens: number) => {
    const conversation = new Conversation(undefined);
    talk(conversation, Array(5).fill(10));
    return conversation.makeRoom({ contextLength: 100, maxTokens });
  };
  expect([1, 20, 30, 50, 90].map(forgottenOf)).toEqual([1, 2, 2, 3, 3]);
});

it('forgets nothing where nothing is known: of the context, or of what was left', () => {
  const conversation = new Conversation(undefined);
  talk(conversation, [500]);
  expect(conversation.makeRoom({ contextLength: Infinity, maxTokens: undefined })).toBe(0);
  const left = new Conversation(undefined);
  left.remember('a'.repeat(500), 'b', undefined);
  expect(left.makeRoom({ contextLength: 10, maxTokens: undefined })).toBe(0);
  conversation.begin();
  expect(conversation.makeRoom({ contextLength: 1, maxTokens: 1 })).toBe(0);
  expect(conversation.ask('x')).toEqual([{ role: 'user', content: 'x' }]);
});

it('keeps what is said fitting, however long it goes on', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });
  fc.assert(
    fc.property(counts, (lengths) => {
      const conversation = new Conversation('Be kind.');
      for (const length of lengths) {
        conversation.makeRoom({ contextLength: 400, maxTokens: undefined });
        talk(conversation, [length]);
        const seen = conversation.ask('').reduce((sum, { content }) => sum + content.length, 0);
        expect(seen).toBeLessThanOrEqual(400);
      }
    }),
  );
});
