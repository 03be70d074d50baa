import { describe, expect, it } from 'vitest';

import { openStore } from '../../src/store/index.ts';
import { findPython, runPython } from '../support/python.ts';
import { listen, question, serveAtlas, type Json } from '../support/server/serve.ts';

const python = findPython('openai', 'batches with the openai package of Python');

const line = (custom_id: string, change: object = {}) =>
  JSON.stringify({
    custom_id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'atlas-chat', messages: question, max_tokens: 2, ...change },
  });

describe.skipIf(python === undefined)('openai of Python', () => {
  it('uploads, creates, waits, downloads, lists, cancels, deletes, and is refused', async () => {
    await using service = await serveAtlas();
    await using store = await openStore({ place: ':memory:', now: Date.now });
    const batches = () => Promise.resolve(store.batches);
    await using server = await listen({ service, batches });
    const told = await runPython<Json>(python!, 'openai_batches.py', {
      url: server.url,
      lines: [line('a'), line('b', { temperature: -1 }), line('c')],
    });
    expect(told).toEqual({
      file: ['batch', 'requests.jsonl', 3600],
      batch: ['completed', { by: 'python' }, { total: 3, completed: 2, failed: 1 }],
      answers: [
        ['a', ' Certainly'],
        ['c', ' Certainly'],
      ],
      refusals: [['b', 400]],
      output: ['batch_output', 7200],
      broken: ['failed', 1, 'invalid_json_line'],
      listed: true,
      cancelled: 'completed',
      deleted: [true, 1],
      missing: 404,
      refused: 400,
    });
  });
});
