import { expect, it } from 'vitest';

import { matchesGrammar } from '../../../test/support/grammar-matcher.ts';
import { createGrammarSampler } from '../../../test/support/grammar-sampler.ts';
import { acceptsText } from '../../../test/support/accepts-text.ts';
import { uniformAt } from '../../math/index.ts';
import { compileConstraint } from '../compile-constraint.ts';
import { compileJsonSchema } from './index.ts';

const regex = compileJsonSchema({ type: 'string', format: 'regex' });
const uriTemplate = compileJsonSchema({ type: 'string', format: 'uri-template' });

it('writes regular expressions that JavaScript reads, with the flag u and without', () => {
  const sampler = createGrammarSampler(regex);
  let written = 0;
  for (let seed = 0; seed < 300; seed++) {
    let counter = 0;
    const text = sampler.sample(() => uniformAt(seed, counter++), 60);
    if (text === undefined) continue;
    written++;
    const pattern = JSON.parse(text) as string;
    expect(() => [new RegExp(pattern), new RegExp(pattern, 'u')]).not.toThrow();
  }
  expect(written).toBeGreaterThan(200);
});

it.each([
  ['^\\d{3}-\\d{4}$', true],
  ['(foo|bar)*?', true],
  ['^(?:[A-Za-z0-9_-]+\\.)+[a-z]{2,}$', true],
  ['[^abc]+|^.{1,64}$', true],
  ['*', false],
  ['\\', false],
  ['(', false],
  ['[a', false],
  ['a{2,1}', false],
  ['[z-a]', false],
])('takes %s for a regular expression: %s', (pattern, isOne) => {
  expect(matchesGrammar(regex, JSON.stringify(pattern))).toBe(isOne);
});

// Examples of RFC 6570 and what its grammar excludes.
it.each([
  ['http://example.com/~{username}/', true],
  ['http://example.com/dictionary/{term:1}/{term}', true],
  ['{?q,lang}', true],
  ['{+path}/here{#x,hello,y}{.dom*}{/list*}{;x,y}{&three}', true],
  ['50%25{a.b_c}', true],
  ['', true],
  ['http://example.com/resource/{', false],
  ['{}', false],
  ['{a}}', false],
  ['{a,}', false],
  ['{a..b}', false],
  ['{a:0}', false],
  ['{a:12345}', false],
  ['{=a}', false],
  ['50%', false],
  ['a b', false],
])('takes %s for a template of URIs: %s', (template, isOne) => {
  expect(matchesGrammar(uriTemplate, JSON.stringify(template))).toBe(isOne);
});

it.each([200, 2083])(
  'keeps a URI to %s characters, each of its parts to a share of them',
  (max) => {
    const uri = compileConstraint({
      jsonSchema: { type: 'string', format: 'uri', minLength: 8, maxLength: max },
    });
    const takes = (text: string): boolean => acceptsText(uri, JSON.stringify(text));
    const path = '/a'.repeat(max / 5);
    for (const text of [
      'https://example.org',
      `https://u:p@[::1]:80${path.slice(0, max / 5)}?a=%20#b`,
    ]) {
      expect(takes(text)).toBe(true);
    }
    for (const text of [
      'a:b',
      'x y:zzzzzzz',
      'https://h:99999',
      `https://example.org${'/a'.repeat(max)}`,
    ]) {
      expect(takes(text)).toBe(false);
    }
  },
);
