import { describe, expect, it } from 'vitest';

import type { GenerationChunk, GenerationResult } from '../../spec/index.ts';
import { createHttpStream } from './http-stream.ts';
import { turns, untilTurn } from '../../../test/support/until.ts';

const result = { text: 'all' } as GenerationResult;

/** A source of numbered chunks that counts what is asked of it, and whether it was told to stop. */
function source(length: number) {
  const seen = { pulled: 0, isOver: false };
  async function* generate(
    signal: AbortSignal,
  ): AsyncGenerator<GenerationChunk, GenerationResult, undefined> {
    try {
      for (let i = 0; i < length; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
        seen.pulled++;
        yield { text: `${i} `, tokens: [] };
      }
      return result;
    } finally {
      seen.isOver = true;
    }
  }
  return { seen, generate };
}

const never = new AbortController().signal;
/** Twice as long as a source of a thousand chunks needs when nothing holds it back. */
const pause = () => turns(2000);

describe('a stream over HTTP', () => {
  it('settles though nobody reads it, and is whole for who reads it then', async () => {
    const { generate } = source(300);
    const stream = createHttpStream(generate, never);
    expect(await stream.result).toBe(result);
    const texts: string[] = [];
    for await (const { text } of stream) texts.push(text);
    expect(texts).toHaveLength(300);
  });

  it('reads no more than a window ahead of a reader who stands still', async () => {
    const { seen, generate } = source(1000);
    const stream = createHttpStream(generate, never);
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    await pause();
    const { pulled } = seen;
    expect(pulled).toBeLessThan(100);
    await pause();
    expect(seen.pulled).toBe(pulled);
    let read = 1;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) read++;
    expect(read).toBe(1000);
    expect(await stream.result).toBe(result);
  });

  it('ends its source when the reader leaves, also one that it waits for', async () => {
    const { seen, generate } = source(1000);
    const stream = createHttpStream(generate, never);
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    await pause();
    await chunks.return!();
    await expect(stream.result).rejects.toMatchObject({ name: 'AbortError' });
    await untilTurn(() => seen.isOver);
  });

  it('rejects with the reason of its signal, to whoever waits and whoever reads', async () => {
    const ending = new AbortController();
    const { generate } = source(1000);
    const stream = createHttpStream(generate, ending.signal);
    const reason = new Error('gone');
    const read = async () => {
      for await (const { text } of stream) if (text.startsWith('5')) ending.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    await expect(stream.result).rejects.toBe(reason);
  });
});
