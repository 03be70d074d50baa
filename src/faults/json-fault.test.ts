import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { findJsonFault } from './json-fault.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('findJsonFault', () => {
  it.each([
    ['', 1, 1, 'a value'],
    ['{"a":}', 1, 6, 'a value'],
    ['{"a": 1,}', 1, 9, 'a name in double quotes'],
    ['{a: 1}', 1, 2, 'a name in double quotes or }'],
    ['{"a" 1}', 1, 6, 'a colon'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'a comma or }'],
    ['[1 2]', 1, 4, 'a comma or ]'],
    ['[,]', 1, 2, 'a value or ]'],
    ['[1,', 1, 4, 'a value'],
    ['[1}', 1, 3, 'a comma or ]'],
    ['[01]', 1, 3, 'a comma or ]'],
    ["{'a': 1}", 1, 2, 'a name in double quotes or }'],
    ['["\\x"]', 1, 2, 'a value or ]'],
    ['"a\nb"', 1, 1, 'a value'],
    ['{} {}', 1, 4, 'the end'],
    ['[1, // no\n2]', 1, 5, 'a value'],
  ])('of %j is at %d:%d, where %s should stand', (text, line, column, expected) => {
    expect(findJsonFault(text)).toEqual({ line, column, expected });
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const character = fc.constantFrom(...Array.from('{}[],:"\\ \n1.0eE+-trufalsn'));
    const broken = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(), character)
      .map(([text, at, other]) => {
        const offset = at % (text.length + 1);
        return text.slice(0, offset) + other + text.slice(offset + (at % 3));
      });
    const anything = fc.array(character, { maxLength: 12 }).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken, anything), (text) => {
        expect(findJsonFault(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: runs(2000) },
    );
  });
});
