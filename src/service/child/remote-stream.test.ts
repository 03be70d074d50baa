import { describe, expect, it } from 'vitest';

import type { GenerationChunk } from '../../spec/index.ts';
import { createDeferred } from '../../waiting/index.ts';
import { creditWindow } from '../credit.ts';
import type { ServiceCall, ToEngine } from './protocol.ts';
import { RemoteCalls } from './remote-calls.ts';
import { createRemoteStream } from './remote-stream.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const call: Extract<ServiceCall, { method: 'stream' }> = {
  method: 'stream',
  request: { recipe: 'a', prompt: 'hi', owner: 'o', options: {} },
};
const chunk = (text: string): GenerationChunk => ({ text, tokens: [] });

/** A stream of a process that is ready once `connect` is called. */
function create(signal?: AbortSignal) {
  const sent: ToEngine[] = [];
  const calls = new RemoteCalls((message) => sent.push(message));
  const connecting = createDeferred<RemoteCalls>();
  const stream = createRemoteStream(call, signal, async (work) => work(await connecting.promise));
  stream.result.catch(() => {});
  return {
    stream,
    sent,
    calls,
    connect: async () => {
      connecting.resolve(calls);
      await turn();
    },
    refuse: (error: Error) => connecting.reject(error),
  };
}

describe('a stream of another process', () => {
  it('is asked for without credit while nobody reads', async () => {
    const { stream, sent, calls, connect } = create();
    await connect();
    expect(sent).toEqual([{ kind: 'request', id: 1, call }]);
    calls.handle({ kind: 'result', id: 1, value: { text: 'ab', tokens: [] }, isRead: false });
    expect(await stream.result).toEqual({ text: 'ab', tokens: [] });
  });

  it.each([true, false])(
    'gives credit when it is read, before it is sent: %s',
    async (isBefore) => {
      const { stream, sent, calls, connect } = create();
      if (!isBefore) await connect();
      const reader = stream[Symbol.asyncIterator]();
      const next = reader.next();
      await connect();
      expect(sent).toEqual([
        { kind: 'request', id: 1, call },
        { kind: 'credit', id: 1, chunks: creditWindow },
      ]);
      calls.handle({ kind: 'chunk', id: 1, chunk: chunk('a') });
      expect((await next).value).toEqual(chunk('a'));
    },
  );

  it('is cancelled by a reader that leaves, and rejects as aborted', async () => {
    const { stream, sent, calls, connect } = create();
    await connect();
    const reader = stream[Symbol.asyncIterator]();
    const next = reader.next();
    await turn();
    calls.handle({ kind: 'chunk', id: 1, chunk: chunk('a') });
    await next;
    await reader.return?.();
    expect(sent.at(-1)).toEqual({ kind: 'cancel', id: 1 });
    await expect(stream.result).rejects.toMatchObject({
      name: 'AbortError',
      message: 'The reader left the stream.',
    });
  });

  it('is not cancelled once it has been read to its end', async () => {
    const { stream, sent, calls, connect } = create();
    await connect();
    calls.handle({ kind: 'result', id: 1, value: { text: 'ab', tokens: [] }, isRead: false });
    const texts: string[] = [];
    for await (const { text } of stream) texts.push(text);
    expect(texts).toEqual(['ab']);
    expect(sent.map(({ kind }) => kind)).not.toContain('cancel');
  });

  it('tells its reader, too, that there is no process for it', async () => {
    const { stream, refuse } = create();
    const reading = stream[Symbol.asyncIterator]().next();
    refuse(new Error('none'));
    await expect(reading).rejects.toThrow('none');
    await expect(stream.result).rejects.toThrow('none');
  });

  it('tells its reader of an abort', async () => {
    const controller = new AbortController();
    const { stream, sent, connect } = create(controller.signal);
    await connect();
    const reading = stream[Symbol.asyncIterator]().next();
    await turn();
    controller.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
    await expect(stream.result).rejects.toThrow('gone');
    expect(sent.at(-1)).toEqual({ kind: 'cancel', id: 1 });
  });
});
