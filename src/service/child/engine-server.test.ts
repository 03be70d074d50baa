import { describe, expect, it } from 'vitest';

import {
  QueueFullError,
  type GenerationChunk,
  type GenerationResult,
  type InferenceService,
} from '../../spec/index.ts';
import { createDeferred } from '../../waiting/index.ts';
import { EngineServer } from './engine-server.ts';
import type { EngineAnswer, ServiceCall } from './protocol.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A service of which every call waits for the test, and what is posted of it. */
function create() {
  const posted: (EngineAnswer | 'last')[] = [];
  const asked: unknown[][] = [];
  const settling = createDeferred<unknown>();
  let signal: AbortSignal | undefined;
  const method =
    (name: string) =>
    (...given: readonly unknown[]): Promise<never> => {
      asked.push([name, ...given]);
      return settling.promise as Promise<never>;
    };
  let chunks: readonly GenerationChunk[] = [];
  const service: Partial<InferenceService> = {
    load: (recipe, given) => {
      signal = given;
      return method('load')(recipe);
    },
    unload: method('unload'),
    score: ({ signal: given, ...request }) => {
      signal = given;
      return method('score')(request);
    },
    tokenize: method('tokenize'),
    detokenize: method('detokenize'),
    stream: ({ signal: given, ...request }) => {
      signal = given;
      asked.push(['stream', request]);
      const result = settling.promise as Promise<GenerationResult>;
      return {
        result,
        async *[Symbol.asyncIterator]() {
          yield* chunks;
          await result;
        },
      };
    },
  };
  const server = new EngineServer(
    service as InferenceService,
    (answer) => posted.push(answer),
    () => posted.push('last'),
  );
  return {
    server,
    posted,
    asked,
    settling,
    signal: () => signal!,
    willStream: (count: number) => {
      chunks = Array.from({ length: count }, (_, i) => ({ text: `${i}`, tokens: [] }));
    },
  };
}

const request = { recipe: 'a', prompt: 'hi', owner: 'o' };
const stream: ServiceCall = { method: 'stream', request: { ...request, options: {} } };
const score = { ...request, continuation: 'yes', options: {} };
const options = { addSpecial: false, parseSpecial: true };

describe('the engine’s process', () => {
  it.each<[ServiceCall, unknown[]]>([
    [{ method: 'load', recipe: 'a' }, ['load', 'a']],
    [{ method: 'unload', recipe: 'a' }, ['unload', 'a']],
    [{ method: 'score', request: score }, ['score', score]],
    [{ method: 'tokenize', recipe: 'a', text: 'hi', options }, ['tokenize', 'a', 'hi', options]],
    [
      { method: 'detokenize', recipe: 'a', tokens: [1, 2], options: { only: 'b' } },
      ['detokenize', 'a', [1, 2], { only: 'b' }],
    ],
  ])('answers %j once', async (call, expected) => {
    const { server, posted, asked, settling } = create();
    server.handle({ kind: 'request', id: 7, call });
    expect(asked).toEqual([expected]);
    expect(posted).toEqual([]);
    settling.resolve('done');
    await turn();
    expect(posted).toEqual(['last', { kind: 'result', id: 7, value: 'done', isRead: false }]);
  });

  it('answers with the error, as it crosses', async () => {
    const { server, posted, settling } = create();
    server.handle({ kind: 'request', id: 7, call: { method: 'load', recipe: 'a' } });
    settling.reject(new QueueFullError('full', 3));
    await turn();
    expect(posted).toEqual([
      'last',
      {
        kind: 'error',
        id: 7,
        error: expect.objectContaining({
          code: 'queue_full',
          message: 'full',
          fields: { retryAfterSeconds: 3 },
        }) as unknown,
      },
    ]);
  });

  it('aborts what is cancelled, and hears nothing of what is not open', async () => {
    const { server, signal, settling } = create();
    server.handle({ kind: 'cancel', id: 7 });
    server.handle({ kind: 'credit', id: 7, chunks: 1 });
    server.handle({ kind: 'request', id: 7, call: { method: 'load', recipe: 'a' } });
    expect(signal().aborted).toBe(false);
    server.handle({ kind: 'cancel', id: 8 });
    expect(signal().aborted).toBe(false);
    server.handle({ kind: 'cancel', id: 7 });
    expect(signal().aborted).toBe(true);
    settling.reject(new Error('gone'));
    await turn();
  });

  it('tells that the last is being answered, not one of several', async () => {
    const { server, posted, settling } = create();
    for (const id of [1, 2]) {
      server.handle({ kind: 'request', id, call: { method: 'load', recipe: 'a' } });
    }
    settling.resolve('done');
    await turn();
    expect(posted.map((each) => (each === 'last' ? each : each.id))).toEqual([1, 'last', 2]);
  });
});

describe('a stream of the engine’s process', () => {
  const kinds = (posted: readonly (EngineAnswer | 'last')[]) =>
    posted.map((each) => (each === 'last' ? each : each.kind));

  it('sends no chunk where nobody reads', async () => {
    const { server, posted, settling, willStream } = create();
    willStream(3);
    server.handle({ kind: 'request', id: 1, call: stream });
    settling.resolve({ text: '012' });
    await turn();
    expect(posted.at(-1)).toMatchObject({ kind: 'result', isRead: false });
    expect(kinds(posted)).toEqual(['last', 'result']);
  });

  it('sends as many chunks as it has credit for, and the end behind the last', async () => {
    const { server, posted, settling, willStream } = create();
    willStream(5);
    server.handle({ kind: 'request', id: 1, call: stream });
    server.handle({ kind: 'credit', id: 1, chunks: 2 });
    await turn();
    expect(kinds(posted)).toEqual(['chunk', 'chunk']);
    settling.resolve({ text: '01234' });
    await turn();
    expect(posted.at(-1)).toMatchObject({ kind: 'result', isRead: true });
    server.handle({ kind: 'credit', id: 1, chunks: 64 });
    await turn();
    expect(kinds(posted)).toEqual('chunk chunk last result chunk chunk chunk end'.split(' '));
    const chunks = posted.flatMap((each) =>
      each !== 'last' && each.kind === 'chunk' ? [each.chunk.text] : [],
    );
    expect(chunks.join('')).toBe('01234');
  });

  it('gives a reader every chunk before the error', async () => {
    const { server, posted, settling, willStream } = create();
    willStream(3);
    server.handle({ kind: 'request', id: 1, call: stream });
    server.handle({ kind: 'credit', id: 1, chunks: 1 });
    await turn();
    settling.reject(new Error('why'));
    await turn();
    expect(kinds(posted)).toEqual(['chunk']); // the other chunks wait for credit
    server.handle({ kind: 'credit', id: 1, chunks: 9 });
    await turn();
    expect(kinds(posted)).toEqual(['chunk', 'chunk', 'chunk', 'last', 'error']);
  });

  it('tells of the error at once where nobody reads', async () => {
    const { server, posted, settling } = create();
    server.handle({ kind: 'request', id: 1, call: stream });
    settling.reject(new Error('why'));
    await turn();
    expect(kinds(posted)).toEqual(['last', 'error']);
  });

  it('waits for no credit any more when it is cancelled', async () => {
    const { server, posted, settling, signal, willStream } = create();
    willStream(3);
    server.handle({ kind: 'request', id: 1, call: stream });
    server.handle({ kind: 'credit', id: 1, chunks: 1 });
    await turn();
    server.handle({ kind: 'cancel', id: 1 });
    settling.reject(signal().reason);
    await turn();
    expect(kinds(posted)).toEqual(['chunk', 'last', 'error']);
  });
});
