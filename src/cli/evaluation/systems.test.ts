import { describe, expect, it } from 'vitest';

import type { ServedRecipe } from '../../index.ts';
import { toRoles, toSystems, type NamedSystem } from './systems.ts';

const recipe = (parts: Partial<ServedRecipe>): ServedRecipe => ({
  name: 'mix',
  description: null,
  state: 'unloaded',
  failure: null,
  base: 'large',
  expert: 'chat',
  antiExpert: null,
  formula: 'large',
  params: {},
  rewards: {},
  guidance: { method: 'args', candidates: 10 },
  klBudget: null,
  constraint: null,
  profile: null,
  sampling: {},
  modelNames: ['large', 'chat', 'small'],
  models: [],
  ...parts,
});
const alone = (parts: Partial<ServedRecipe>): NamedSystem[] => [
  { recipe: recipe(parts), fingerprint: 'f', only: null },
];

describe('a recipe that is given alone', () => {
  it.each<[string, Partial<ServedRecipe>, string[], string | null]>([
    ['an expert of its own', {}, ['mix/large', 'mix/chat', 'mix'], 'mix/chat'],
    ['no expert', { expert: null }, ['mix/large', 'mix'], null],
    ['its base as its expert', { expert: 'large' }, ['mix/large', 'mix'], null],
  ])('with %s', (_, parts, names, expert) => {
    const named = alone(parts);
    const systems = toSystems(named, {});
    expect(systems.map(({ name }) => name)).toEqual(names);
    expect(toRoles(named, systems, {})).toEqual({ base: 'mix/large', expert, direct: null });
  });

  it('whose base is its expert may have another one named', () => {
    const named = [
      ...alone({ expert: 'large' }),
      { recipe: recipe({ expert: 'large' }), fingerprint: 'f', only: 'small' },
    ];
    const systems = toSystems(named, {});
    expect(toRoles(named, systems, { expert: 'mix/small' })).toMatchObject({ expert: 'mix/small' });
  });
});

it('params are for compositions, which report their rewards; how to answer is for all', () => {
  const weight = { weight: 1, scope: 'both' };
  const rewards = { brief: weight, kind: weight } as unknown as ServedRecipe['rewards'];
  const optionsOf = (parts: Partial<ServedRecipe>, options: object) =>
    toSystems(alone(parts), options).map((system) => system.options);
  expect(optionsOf({ rewards }, { params: { alpha: 2 }, maxTokens: 3 })).toEqual([
    { maxTokens: 3 },
    { maxTokens: 3 },
    { maxTokens: 3, params: { alpha: 2 }, reportRewards: ['brief', 'kind'] },
  ]);
  expect(optionsOf({}, { maxTokens: 3 })).toEqual([
    { maxTokens: 3 },
    { maxTokens: 3 },
    { maxTokens: 3 },
  ]);
});

it('schedules are for compositions, and stay what they are whatever the recipe becomes', () => {
  const param = { default: 1, min: null, max: null, description: null };
  const params = { alpha: { ...param, schedule: { match: 'kl' } }, beta: param } as const;
  const composed = (parts: Partial<ServedRecipe>, options: object) =>
    toSystems(alone(parts), options).map(({ options: { schedules } }) => schedules);
  const none = [undefined, undefined];
  expect(composed({ params }, {})).toEqual([...none, { alpha: { match: 'kl' } }]);
  expect(composed({ params }, { schedules: null })).toEqual([...none, { alpha: null }]);
  expect(composed({ params }, { schedules: { beta: { junctions: true } } })).toEqual([
    ...none,
    { alpha: { match: 'kl' }, beta: { junctions: 1 } },
  ]);
  expect(composed({}, {})).toEqual([...none, undefined]);
});
