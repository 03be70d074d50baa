import { expect, it } from 'vitest';

import { resolveRecipe } from '../../recipe/index.ts';
import { Acceptances } from '../decode/acceptances.ts';
import type { ResolvedRequest } from './request.ts';
import { resolveSpeculation } from './speculation.ts';

it('a model that is there to score candidates cannot draft, and whoever names it is told who can', () => {
  const recipe = resolveRecipe(
    {
      models: { base: 'base.gguf', judge: 'judge.gguf' },
      base: 'base',
      formula: 'base',
      rewards: { judged: { model: 'judge', weight: 1, normalization: { mean: 0, deviation: 1 } } },
    },
    { directory: '/nowhere' },
  );
  const request = { models: [], plan: { models: ['base'], base: 'base' } };
  const resolve = () =>
    resolveSpeculation({
      asked: 'judge',
      recipe,
      loaded: new Map([['base', {} as never]]),
      request: request as unknown as ResolvedRequest,
      isAlone: false,
      acceptances: new Acceptances(),
      prepared: [],
    });
  expect(resolve).toThrow(
    'speculation names "judge", which scores candidates and gives no logits to draft by. ' +
      'Who can draft: auto, off, copies, base.',
  );
});
