import { describe, expect, it } from 'vitest';

import type { GenerationChunk } from '../spec/index.ts';
import { ChunkInbox } from './chunk-inbox.ts';
import { creditWindow } from './credit.ts';

const chunk = (text: string): GenerationChunk => ({ text, tokens: [] });

function create() {
  const credits: number[] = [];
  const inbox = new ChunkInbox((chunks) => credits.push(chunks));
  return { inbox, credits };
}

async function textsOf(inbox: ChunkInbox): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of inbox.read()) texts.push(text);
  return texts;
}

describe('ChunkInbox', () => {
  it('asks for nothing before it is read, and then for a window', async () => {
    const { inbox, credits } = create();
    inbox.push(chunk('a'));
    expect(credits).toEqual([]);
    await inbox.read().next();
    expect(credits).toEqual([creditWindow]);
  });

  it('gives back what was taken, half a window at a time, so that a window is never exceeded', async () => {
    const { inbox, credits } = create();
    const half = creditWindow / 2;
    for (let i = 0; i < creditWindow; i++) inbox.push(chunk(`${i}`));
    const reader = inbox.read();
    for (let i = 0; i < half; i++) await reader.next();
    expect(credits).toEqual([creditWindow]); // the last one is in the reader's hands
    await reader.next();
    expect(credits).toEqual([creditWindow, half]);
    for (let i = 0; i < half - 1; i++) await reader.next();
    const waiting = reader.next();
    expect((inbox.push(chunk('next')), (await waiting).value)).toEqual(chunk('next'));
    expect(credits).toEqual([creditWindow, half, half]);
  });

  it('gives chunks in order, those that come while it is read, too, and ends', async () => {
    const { inbox } = create();
    inbox.push(chunk('a'));
    const reading = textsOf(inbox);
    await new Promise((resolve) => setImmediate(resolve));
    inbox.push(chunk('b'));
    await new Promise((resolve) => setImmediate(resolve));
    inbox.push(chunk('c'));
    inbox.close();
    expect(await reading).toEqual(['a', 'b', 'c']);
  });

  it('gives what has come before the error, and its first end counts', async () => {
    const { inbox } = create();
    inbox.push(chunk('a'));
    inbox.fail(new Error('why'));
    inbox.fail(new Error('later'));
    inbox.close();
    const reader = inbox.read();
    expect((await reader.next()).value).toEqual(chunk('a'));
    await expect(reader.next()).rejects.toThrow('why');
    const closed = create().inbox;
    closed.close();
    closed.fail(new Error('later'));
    expect(await textsOf(closed)).toEqual([]);
  });

  it.each<[string, (inbox: ChunkInbox) => void, unknown]>([
    ['a chunk', (inbox) => inbox.push(chunk('a')), { done: false, value: chunk('a') }],
    ['its end', (inbox) => inbox.close(), { done: true, value: undefined }],
    ['an error', (inbox) => inbox.fail('why'), 'why'],
  ])('wakes a reader that waits by %s alone', async (_, wake, expected) => {
    const { inbox } = create();
    const next = inbox.read().next();
    await new Promise((resolve) => setImmediate(resolve));
    wake(inbox);
    expect(await next.catch((error: unknown) => error)).toEqual(expected);
  });

  it('gives what comes while the reader has another in its hands', async () => {
    const { inbox } = create();
    inbox.push(chunk('a'));
    const reader = inbox.read();
    for (const text of ['b', 'c', 'd']) {
      await reader.next();
      inbox.push(chunk(text));
    }
    inbox.close();
    expect((await reader.next()).value).toEqual(chunk('d'));
    expect((await reader.next()).done).toBe(true);
  });

  it('ends with an error that is undefined, too', async () => {
    const { inbox } = create();
    inbox.fail(undefined);
    await expect(inbox.read().next()).rejects.toBeUndefined();
  });
});
