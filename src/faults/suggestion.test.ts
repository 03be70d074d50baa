import { expect, it } from 'vitest';

import { didYouMean, suggest } from './suggestion.ts';

it.each([
  ['antiExprt', 'antiExpert'],
  ['antiexpert', 'antiExpert'],
  ['epxert', 'expert'],
  ['bse', 'base'],
  ['formulaa', 'formula'],
  ['temperature', undefined],
  ['x', undefined],
  ['', undefined],
])('reads %j as %j', (name, expected) => {
  expect(suggest(name, ['base', 'expert', 'antiExpert', 'formula'])).toBe(expected);
});

it('takes the nearest', () => {
  expect(suggest('alpha', ['alphas2', 'alphas', 'alphabet'])).toBe('alphas');
  expect(didYouMean('alhpa', ['alpha'])).toBe(' Did you mean `alpha`?');
  expect(didYouMean('zzz', ['alpha'])).toBe('');
});
