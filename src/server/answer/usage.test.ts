import { expect, it } from 'vitest';

import type { Usage } from '../../spec/index.ts';
import { toUsage } from './usage.ts';

const timings = { queuedMs: 1, prefillMs: 2, decodeMs: 3, tokensPerSecond: 4 };
const forwards = (count: number) => ({ promptTokens: 5, cachedTokens: 0, forwards: count });

const choice = (usage: Omit<Usage, 'promptTokens' | 'completionTokens'>) => ({
  prompt: 0,
  result: { seed: 7, timings, usage: { promptTokens: 5, completionTokens: 2, ...usage } },
});

it('adds up what models, drafters and rewards did for all choices', () => {
  const { trimtab } = toUsage(
    [
      choice({
        models: { base: forwards(2) },
        drafts: { copies: { drafted: 3, accepted: 1 } },
        rewards: { warm: { candidates: 20, valued: 5 } },
      }),
      choice({
        models: { base: forwards(3) },
        rewards: { warm: { candidates: 20, valued: 4 }, dry: { candidates: 20, valued: 20 } },
      }),
    ],
    'base',
  );
  expect(trimtab).toMatchObject({
    models: { base: { forwards: 5 } },
    drafts: { copies: { drafted: 3, accepted: 1 } },
    rewards: { warm: { candidates: 40, valued: 9 }, dry: { candidates: 20, valued: 20 } },
  });
});

it('says nothing of drafters and rewards where there were none', () => {
  const { trimtab } = toUsage([choice({ models: { base: forwards(2) } })], 'base');
  expect(Object.keys(trimtab)).toEqual(['models', 'timings', 'seeds']);
});
