import { describe, expect, it, vi } from 'vitest';

import { InvalidOptionError, QueueFullError, type GenerationChunk } from '../../spec/index.ts';
import { ChunkInbox } from '../chunk-inbox.ts';
import { toWireError } from '../wire-error.ts';
import type { EngineAnswer, ServiceCall, ToEngine } from './protocol.ts';
import { RemoteCalls } from './remote-calls.ts';

const load: ServiceCall = { method: 'load', recipe: 'a' };
const stream: ServiceCall = {
  method: 'stream',
  request: { recipe: 'a', prompt: 'hi', owner: 'o', options: {} },
};

function create() {
  const sent: ToEngine[] = [];
  const calls = new RemoteCalls((message) => sent.push(message));
  const inbox = new ChunkInbox(() => {});
  return { calls, sent, inbox };
}

const textOf = async (inbox: ChunkInbox): Promise<string> => {
  let text = '';
  for await (const chunk of inbox.read()) text += chunk.text;
  return text;
};

const chunk = (text: string): GenerationChunk => ({
  text,
  tokens: [{ tokenId: 1, text }],
});

describe('a call of the engine’s process', () => {
  it('is sent under a number of its own, and settled by the answer that has it', async () => {
    const { calls, sent } = create();
    const [first, second] = [calls.start(load, undefined), calls.start(load, undefined)];
    expect(sent).toEqual([
      { kind: 'request', id: 1, call: load },
      { kind: 'request', id: 2, call: load },
    ]);
    calls.handle({ kind: 'result', id: 2, value: 'two', isRead: false });
    const error = toWireError(new QueueFullError('full', 7));
    calls.handle({ kind: 'error', id: 1, error });
    expect(await second.result).toBe('two');
    await expect(first.result).rejects.toMatchObject({ code: 'queue_full', retryAfterSeconds: 7 });
  });

  it('drops answers to what is not open', async () => {
    const { calls } = create();
    const { result } = calls.start(load, undefined);
    calls.handle({ kind: 'result', id: 9, value: 'not mine', isRead: false });
    calls.handle({ kind: 'result', id: 1, value: 'mine', isRead: false });
    calls.handle({ kind: 'error', id: 1, error: toWireError(new Error('late')) });
    calls.handle({ kind: 'chunk', id: 1, chunk: chunk('late') });
    expect(await result).toBe('mine');
  });

  it('rejects with the reason when it is aborted, and says so to the other side once', async () => {
    const { calls, sent } = create();
    const controller = new AbortController();
    const call = calls.start(load, controller.signal);
    controller.abort(new Error('gone'));
    await expect(call.result).rejects.toThrow('gone');
    call.cancel(new Error('again'));
    expect(sent.slice(1)).toEqual([{ kind: 'cancel', id: 1 }]);
  });

  it('is not sent if it is aborted already', () => {
    const { calls, sent } = create();
    const reason = new Error('too late');
    expect(() => calls.start(load, AbortSignal.abort(reason))).toThrow(reason);
    expect(sent).toEqual([]);
  });

  it('no longer listens to its signal once it is settled', async () => {
    const { calls, sent } = create();
    const controller = new AbortController();
    const { result } = calls.start(load, controller.signal);
    calls.handle({ kind: 'result', id: 1, value: 1, isRead: false });
    controller.abort();
    expect(await result).toBe(1);
    expect(sent).toHaveLength(1);
  });

  it.each<[string, EngineAnswer[]]>([
    ['its result', [{ kind: 'result', id: 1, value: 1, isRead: false }]],
    ['its error', [{ kind: 'error', id: 1, error: toWireError(new Error('no')) }]],
    [
      'its last chunk',
      [
        { kind: 'result', id: 1, value: 1, isRead: true },
        { kind: 'end', id: 1 },
      ],
    ],
  ])('leaves its signal with %s', async (_, answers) => {
    const { calls, inbox } = create();
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, 'addEventListener');
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    const { result } = calls.start(stream, controller.signal, inbox);
    for (const answer of answers) {
      expect(removed).not.toHaveBeenCalled();
      calls.handle(answer);
    }
    await result.catch(() => {});
    expect(removed).toHaveBeenCalledWith('abort', added.mock.calls[0]![1]);
  });

  it('is refused where it is no data', () => {
    const failing = new RemoteCalls(() => {
      throw new TypeError('a function cannot be cloned');
    });
    expect(() => failing.start(load, undefined)).toThrow(InvalidOptionError);
    expect(() => failing.start(load, undefined)).toThrow('a function cannot be cloned');
  });

  it('rejects with all others when the process is lost', async () => {
    const { calls, inbox } = create();
    const lost = new Error('lost');
    const results = [calls.start(load, undefined), calls.start(stream, undefined, inbox)].map(
      ({ result }) => result,
    );
    const reading = textOf(inbox);
    calls.failAll(lost);
    for (const result of [...results, reading]) await expect(result).rejects.toBe(lost);
    calls.failAll(new Error('again'));
  });

  it('gives credit only while it is open', () => {
    const { calls, sent, inbox } = create();
    const call = calls.start(stream, undefined, inbox);
    call.giveCredit(3);
    calls.handle({ kind: 'result', id: 1, value: { text: '', tokens: [] }, isRead: false });
    call.giveCredit(4);
    expect(sent.slice(1)).toEqual([{ kind: 'credit', id: 1, chunks: 3 }]);
  });
});

describe('a stream of the engine’s process', () => {
  it('ends with its last chunk, not with its result', async () => {
    const { calls, inbox } = create();
    const { result } = calls.start(stream, undefined, inbox);
    const reading = textOf(inbox);
    calls.handle({ kind: 'chunk', id: 1, chunk: chunk('a') });
    const value = { text: 'ab', tokens: [] };
    calls.handle({ kind: 'result', id: 1, value, isRead: true });
    expect(await result).toBe(value);
    calls.handle({ kind: 'chunk', id: 1, chunk: chunk('b') });
    calls.handle({ kind: 'end', id: 1 });
    expect(await reading).toBe('ab');
    calls.handle({ kind: 'chunk', id: 1, chunk: chunk('c') });
  });

  it('is given in one piece to whoever reads it after its result', async () => {
    const { calls, inbox } = create();
    const { result } = calls.start(stream, undefined, inbox);
    const value = { text: 'whole', tokens: [{ tokenId: 1, text: 'whole' }] };
    calls.handle({ kind: 'result', id: 1, value, isRead: false });
    await result;
    const chunks: GenerationChunk[] = [];
    for await (const each of inbox.read()) chunks.push(each);
    expect(chunks).toEqual([value]);
  });

  it.each([
    [{ text: '', tokens: [] }, 0],
    [{ text: '', tokens: [{ tokenId: 1, text: '' }] }, 1],
    [{ text: 'rest', tokens: [] }, 1],
  ])('%j has so many pieces: %d', async (value, count) => {
    const { calls, inbox } = create();
    calls.start(stream, undefined, inbox);
    calls.handle({ kind: 'result', id: 1, value, isRead: false });
    const chunks: GenerationChunk[] = [];
    for await (const each of inbox.read()) chunks.push(each);
    expect(chunks).toHaveLength(count);
  });

  it('gives the chunks that came before its error', async () => {
    const { calls, inbox } = create();
    const { result } = calls.start(stream, undefined, inbox);
    calls.handle({ kind: 'chunk', id: 1, chunk: chunk('a') });
    calls.handle({ kind: 'error', id: 1, error: toWireError(new RangeError('why')) });
    await expect(result).rejects.toThrow('why');
    const reader = inbox.read();
    expect((await reader.next()).value).toEqual(chunk('a'));
    await expect(reader.next()).rejects.toMatchObject({ name: 'RangeError', message: 'why' });
  });
});
