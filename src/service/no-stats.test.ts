import { expect, it } from 'vitest';

import { noStats } from './no-stats.ts';

it('an engine that has told nothing has done nothing', () => {
  expect(new Set(Object.values(noStats))).toEqual(new Set([0]));
});
