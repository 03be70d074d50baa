import { describe, expect, it } from 'vitest';

import { InvalidOptionError, RecipeError, type ParamSchedules } from '../spec/index.ts';
import {
  parseRecipe,
  resolveSchedules,
  settleSchedules,
  showSchedule,
  type Recipe,
} from './index.ts';

/** @param alpha - What the recipe says of the param, in line 7. */
const parse = (alpha: string, formula = 'large + alpha * (tuned - small)'): Recipe =>
  parseRecipe(
    `models: { large: large.gguf, tuned: tuned.gguf, small: small.gguf }
base: large
expert: tuned
antiExpert: small
formula: ${formula}
params:
  alpha: ${alpha}
  beta: 0.5
`,
    { directory: '/recipes', file: '/recipes/scheduled.yaml' },
  );

describe('a schedule in a recipe', () => {
  it.each([
    ['{ match: kl }', { match: 'kl' }],
    ['{ junctions: 0.5 }', { junctions: 0.5 }],
    ['{ junctions: true }', { junctions: 1 }],
    ['{ match: kl, junctions: 2 }', { match: 'kl', junctions: 2 }],
  ])('%s is read', (written, schedule) => {
    const { params } = parse(`{ default: 1, max: 3, schedule: ${written} }`);
    expect(params.get('alpha')).toMatchObject({ default: 1, max: 3, schedule });
    expect(params.get('beta')).not.toHaveProperty('schedule');
  });

  it.each([
    ['{ match: k }', 43, 'must be "kl", not the text "k"'],
    ['{ junctions: -1 }', 47, 'a number of at least 0, not -1'],
    ['{ junctions: false }', 47, 'params.alpha.schedule.junctions'],
    ['{}', 34, 'says neither match nor junctions'],
    ['{ mach: kl }', 36, 'Did you mean `match`?'],
  ])('%s is refused at its place', (written, column, message) => {
    const error = failureOf(() => parse(`{ default: 1, schedule: ${written} }`));
    expect(error).toBeInstanceOf(RecipeError);
    expect((error as RecipeError).message).toContain(message);
    expect(error).toMatchObject({ line: 7, column });
  });

  it('is refused where the formula does not admit it', () => {
    const error = failureOf(() =>
      parse('{ default: 1, schedule: { match: kl } }', 'large + alpha * tuned - beta * small'),
    );
    expect(error).toBeInstanceOf(RecipeError);
    expect((error as RecipeError).message).toContain(
      'params.alpha.schedule needs a formula that is large alone where alpha is 0',
    );
    expect(error).toMatchObject({ line: 7 });
  });
});

describe('the schedules in force', () => {
  const recipe = parse('{ default: 1, schedule: { match: kl } }');
  const beta = { junctions: true } as const;

  it.each<[string, ParamSchedules | null | undefined, object, object]>([
    ['the recipe’s', undefined, { alpha: { match: 'kl' } }, { alpha: { match: 'kl' } }],
    ['none', null, {}, { alpha: null }],
    ['none of one', { alpha: null }, {}, { alpha: null }],
    ['another', { alpha: beta }, { alpha: { junctions: 1 } }, { alpha: { junctions: 1 } }],
    [
      'one more',
      { beta },
      { alpha: { match: 'kl' }, beta: { junctions: 1 } },
      { alpha: { match: 'kl' }, beta: { junctions: 1 } },
    ],
  ])('are %s where a request says so', (_, given, inForce, settled) => {
    expect(resolveSchedules(recipe, given)).toEqual(inForce);
    expect(settleSchedules(recipe, given)).toEqual(settled);
    expect(resolveSchedules(recipe, settleSchedules(recipe, given))).toEqual(inForce);
  });

  it('are of params that there are', () => {
    const error = failureOf(() => resolveSchedules(recipe, { alpah: beta }));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as InvalidOptionError).option).toBe('schedules.alpah');
    expect((error as InvalidOptionError).message).toContain('Did you mean `alpha`?');
  });

  it('are shown as flags say them', () => {
    expect(showSchedule({ match: 'kl', junctions: 0.5 })).toBe('match:kl,junctions:0.5');
    expect(showSchedule({ match: 'kl' })).toBe('match:kl');
    expect(showSchedule({ junctions: 0 })).toBe('junctions:0');
    expect(showSchedule(null)).toBe('none');
  });
});

function failureOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing is wrong.');
}
