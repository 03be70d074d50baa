import { expect, it } from 'vitest';

import { createLocalService } from '../../src/service/index.ts';
import { atlasChat, listen, question, serveAtlas } from '../support/server/serve.ts';
import { until } from '../support/until.ts';

const chats = '/v1/chat/completions';

it('fault 30: the engine takes no more than its own bound', async () => {
  await using service = await createLocalService({
    recipes: [atlasChat],
    engineOptions: { maxQueue: 1 },
  });
  await using server = await listen({ service });
  const body = { model: 'atlas-chat', messages: question, max_tokens: 100 };
  const all = await Promise.all(Array.from({ length: 40 }, () => server.post(chats, body)));
  const refused = all.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(all.every(({ status }) => status === 429 || status === 200)).toBe(true);
  expect(refused.every(({ headers }) => headers.has('retry-after'))).toBe(true);
  expect((await server.post(chats, body)).status).toBe(200);
});

it.each([true, false])(
  'fault 31: decoding stops when the client goes, stream: %s',
  async (stream) => {
    await using service = await serveAtlas();
    await using server = await listen({ service });
    const gone = new AbortController();
    const body = { model: 'atlas-chat/large', prompt: 'Mada', max_tokens: 500, n: 8, stream };
    const response = fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, temperature: 1, logit_bias: { 0: -100 } }),
      signal: gone.signal,
    });
    response.catch(() => {});
    await until(() => service.status.stats.decodedTokens > 20);
    gone.abort();
    await until(() => service.status.stats.running === 0 && service.status.stats.queued === 0);
    const { decodedTokens } = service.status.stats;
    expect(decodedTokens).toBeLessThan(8 * 500);
    const again = await server.post(chats, {
      model: 'atlas-chat',
      messages: question,
      max_tokens: 3,
    });
    expect(again.status).toBe(200);
    const metrics = await server.get('/metrics');
    expect(metrics.text).toMatch(/^trimtab_requests_in_flight 0$/m);
  },
);
