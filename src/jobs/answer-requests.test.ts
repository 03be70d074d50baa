import { describe, expect, it } from 'vitest';

import { EngineUnavailableError } from '../spec/index.ts';
import { createDeferred } from '../waiting/index.ts';
import { answerRequests } from './answer-requests.ts';
import type { ItemAnswerer } from './item-answerer.ts';
import type { RequestResult } from './item-result.ts';

async function* file(...ids: string[]): AsyncGenerator<Uint8Array, void> {
  for (const custom_id of ids) {
    const line = { custom_id, method: 'POST', url: '/v1/completions', body: { prompt: custom_id } };
    yield Buffer.from(`${JSON.stringify(line)}\n`);
  }
}

const limits = { lineBytes: 1000, parallelItems: 2, attempts: 2 };

/** What became of requests, and how often somebody was asked. */
async function answer(
  ids: readonly string[],
  answerOf: (prompt: string, call: number) => number | Promise<number>,
  signal = new AbortController().signal,
) {
  const results: RequestResult[] = [];
  let calls = 0;
  const answerer: ItemAnswerer = {
    check: () => {},
    async answer({ body }) {
      const { prompt } = JSON.parse(body) as { prompt: string };
      return { status: await answerOf(prompt, calls++), requestId: 'r', body: {} };
    },
  };
  const ended = await answerRequests(file(...ids), {
    limits,
    answerer,
    owner: 'ann',
    signal,
    isAnswered: (id) => id === 'done',
    onResult: async (result) => void results.push(result),
  }).catch((error: unknown) => error as Error);
  const told = results.map(({ customId, isError }) => `${customId} ${isError ? 'failed' : 'ok'}`);
  return { ended, told, calls };
}

const lost = () => Promise.reject(new EngineUnavailableError('away'));

describe('requests of a file', () => {
  it('are asked once each, but those that have an answer', async () => {
    const { told, calls } = await answer(['a', 'done', 'b'], () => 200);
    expect([told, calls]).toEqual([['a ok', 'b ok'], 2]);
  });

  it('that are refused for the moment are tried again, up to a number of times', async () => {
    expect(await answer(['a'], (_, call) => (call === 0 ? 503 : 200))).toMatchObject({
      told: ['a ok'],
      calls: 2,
    });
    expect(await answer(['a'], (_, call) => (call === 0 ? lost() : 200))).toMatchObject({
      told: ['a ok'],
    });
    expect(await answer(['a'], () => 429)).toMatchObject({ told: ['a failed'], calls: 2 });
    expect(await answer(['a'], () => 400)).toMatchObject({ told: ['a failed'], calls: 1 });
  });

  it('end where nobody answers any more: what was not answered has no result', async () => {
    const { ended, told } = await answer(['a', 'b', 'c'], (prompt) =>
      prompt === 'a' ? 200 : lost(),
    );
    expect([ended, told]).toEqual([new EngineUnavailableError('away'), ['a ok']]);
  });

  it('are so many at once', async () => {
    const held = createDeferred<number>();
    let most = 0;
    let now = 0;
    const { told } = await answer(['a', 'b', 'c', 'd'], async (_, call) => {
      most = Math.max(most, ++now);
      if (call === 3) held.resolve(200);
      if (call === 0) await held.promise;
      now -= 1;
      return 200;
    });
    expect([told, most]).toEqual([['b ok', 'c ok', 'd ok', 'a ok'], 2]);
  });

  it('end with the signal', async () => {
    const ending = new AbortController();
    const { ended, told } = await answer(
      ['a', 'b'],
      () => {
        ending.abort(new Error('enough'));
        return 200;
      },
      ending.signal,
    );
    expect([ended, told]).toEqual([new Error('enough'), []]);
  });
});
