import { expect, it } from 'vitest';

import { createGrammarSampler } from '../../../test/support/grammar-sampler.ts';
import { uniformAt } from '../../math/index.ts';
import { areDisjoint } from './pattern-heads.ts';
import { createPatterns, matchesPattern } from './pattern.ts';

const regexes = [
  '^x-',
  '^x-a$',
  '^xy',
  '^x?y$',
  '^(a|b)$',
  '^(a|bc){2}$',
  '^[a-c]d',
  '^[c-e]d$',
  '^a{3}$',
  '^a{2,}$',
  '^a',
  'a',
  '^(?!a)[a-d]',
  '^$',
  '^é[0-9]{2}:',
  '^(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r)$',
];
const patterns = createPatterns();
const all = regexes.map((regex) => patterns.ofRegex(regex, '#'));

it('calls no two patterns disjoint that a text is of both of', () => {
  for (const one of all) {
    const sampler = createGrammarSampler({
      root: 'root',
      rules: new Map([['root', one.expression]]),
    });
    const texts = Array.from({ length: 30 }, (_, seed) => {
      let drawn = 0;
      return sampler.sample(() => uniformAt(seed, drawn++), 20) ?? [];
    }).flat();
    for (const other of all.filter((each) => areDisjoint(one, each))) {
      expect(texts.filter((text) => matchesPattern(other, text))).toEqual([]);
    }
  }
});

it.each([
  ['^x-', '^y-'],
  ['^x-a$', '^x-b$'],
  ['^(a|b)$', '^[c-e]d$'],
  ['^a{3}$', '^aab'],
  ['^x-a$', '^x-ab'],
  ['^é[0-9]{2}:', '^é[0-9][a-z]'],
])('tells %s and %s apart', (one, other) => {
  expect(areDisjoint(patterns.ofRegex(one, '#'), patterns.ofRegex(other, '#'))).toBe(true);
  expect(areDisjoint(patterns.ofRegex(other, '#'), patterns.ofRegex(one, '#'))).toBe(true);
});

it.each([
  ['^a', 'a'],
  ['^x-', '^x-a$'],
  ['^a{2,}$', '^aaa'],
  ['^x?y$', '^xy'],
])('does not take %s and %s for disjoint', (one, other) => {
  expect(areDisjoint(patterns.ofRegex(one, '#'), patterns.ofRegex(other, '#'))).toBe(false);
});
