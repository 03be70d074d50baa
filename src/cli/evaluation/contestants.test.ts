import { describe, expect, it } from 'vitest';

import { toRoles, toSystems, type NamedContestant, type RecipeContestant } from './contestants.ts';

const recipe = (parts: Partial<RecipeContestant>): RecipeContestant => ({
  name: 'mix',
  base: 'large',
  expert: 'chat',
  modelNames: ['large', 'chat', 'small'],
  rewardNames: [],
  fingerprint: 'f',
  ...parts,
});
const alone = (parts: Partial<RecipeContestant>): NamedContestant[] => [
  { recipe: recipe(parts), only: null },
];

describe('a recipe that is given alone', () => {
  it.each<[string, Partial<RecipeContestant>, string[], string | null]>([
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
      { recipe: recipe({ expert: 'large' }), only: 'small' },
    ];
    const systems = toSystems(named, {});
    expect(toRoles(named, systems, { expert: 'mix/small' })).toMatchObject({ expert: 'mix/small' });
  });
});
