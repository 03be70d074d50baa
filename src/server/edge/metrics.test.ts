import { expect, it } from 'vitest';

import { FakeService } from '../../../test/support/server/fake-service.ts';
import { createMetrics } from './metrics.ts';

it('counts what is certified of answers whose base is on a server, and nothing of others', async () => {
  const service = new FakeService();
  const metrics = createMetrics({ service, running: () => 0, batches: () => undefined });
  const usage = { promptTokens: 1, completionTokens: 5, models: {} };
  metrics.countTokens('local', { usage });
  metrics.countTokens('far', {
    usage,
    certificate: { exact: false, uncertainTokens: 2, totalVariation: 0.1 },
  });
  metrics.countTokens('far', {
    usage,
    certificate: { exact: true, uncertainTokens: 0, totalVariation: 0 },
  });
  const text = await metrics.render();
  const counted = text.split('\n').filter((line) => line.startsWith('trimtab_remote_tokens_total'));
  expect(counted).toEqual([
    'trimtab_remote_tokens_total{model="far",certainty="exact"} 8',
    'trimtab_remote_tokens_total{model="far",certainty="bounded"} 2',
  ]);
});
