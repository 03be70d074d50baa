import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { findJsonExcess, jsonLimits, type JsonLimits } from './json-text.ts';

const little: JsonLimits = { depth: 3, containers: 6, objectMembers: 3, members: 5, elements: 6 };

/** What a value costs, counted on the value itself. */
function costOf(value: unknown): JsonLimits {
  if (typeof value !== 'object' || value === null) {
    return { depth: 0, containers: 0, objectMembers: 0, members: 0, elements: 0 };
  }
  const inner = Object.values(value).map(costOf);
  const own = Object.keys(value).length;
  const sum = (kind: keyof JsonLimits) => inner.reduce((total, each) => total + each[kind], 0);
  const most = (kind: keyof JsonLimits) => Math.max(0, ...inner.map((each) => each[kind]));
  const isArray = Array.isArray(value);
  return {
    depth: 1 + most('depth'),
    containers: 1 + sum('containers'),
    objectMembers: Math.max(isArray ? 0 : own, most('objectMembers')),
    members: (isArray ? 0 : own) + sum('members'),
    // A comma is what tells of one more.
    elements: (isArray ? Math.max(0, own - 1) : 0) + sum('elements'),
  };
}

const said = fc.array(fc.constantFrom('"', '\\', '\\"', '{', '[,', '":', '}]'), {
  minLength: 1,
  maxLength: 4,
});
const value = fc.jsonValue({ depthSize: 'small', maxDepth: 4 });

/** The same value, with names and texts that look like JSON. */
function disguise(given: unknown, texts: readonly string[]): unknown {
  const text = (index: number) => texts[index % texts.length]!;
  if (typeof given === 'string') return text(given.length);
  if (Array.isArray(given)) return given.map((each) => disguise(each, texts));
  if (typeof given !== 'object' || given === null) return given;
  const entries = Object.entries(given);
  return Object.fromEntries(
    entries.map(([, each], index) => [index + text(index), disguise(each, texts)]),
  );
}

describe('findJsonExcess', () => {
  it('refuses just what is beyond a limit, whatever the strings hold', () => {
    fc.assert(
      fc.property(value, said, fc.constantFrom('', ' ', '\n\t'), (plain, texts, space) => {
        const given = disguise(plain, texts);
        const cost = costOf(given);
        const kinds = Object.keys(little) as (keyof JsonLimits)[];
        const isBeyond = kinds.some((kind) => cost[kind] > little[kind]);
        const found = findJsonExcess(JSON.stringify(given, null, space), little);
        expect(found !== undefined).toBe(isBeyond);
      }),
      { numRuns: runs(300) },
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'a'),
          maxLength: 40,
        }),
        (json) => {
          expect(() => findJsonExcess(json, little)).not.toThrow();
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('says where', () => {
    const many = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`k${i}`, 1]));
    const json = JSON.stringify({ a: [0, { b: many }] });
    expect(findJsonExcess(json, { ...little, depth: 9, members: 99 })).toEqual({
      path: ['a', 1, 'b'],
      message: 'has more than 3 members.',
    });
    expect(findJsonExcess('{"a":{"b":[[[', little)).toEqual({
      path: ['a'],
      message: 'nests deeper than 3 levels.',
    });
  });

  it('looks at no more than it must: what follows a limit may be no JSON at all', () => {
    const brackets = '['.repeat(jsonLimits.depth + 1);
    expect(findJsonExcess(`${brackets}${'x'.repeat(10)}`)).toMatchObject({ path: [0] });
  });
});
