import { describe, expect, it } from 'vitest';

import { everyByte, pieceVocabulary, tokensOf } from '../../test/support/piece-vocabulary.ts';
import { ConstraintError, type Constraint, type ConstraintState } from '../spec/index.ts';
import { compileConstraint, createConstraintState } from './index.ts';

const vocabulary = pieceVocabulary(everyByte);

function start(constraint: unknown): ConstraintState {
  return createConstraintState(compileConstraint(constraint as Constraint), vocabulary);
}

/** Whether the answer may be `text`. */
function allows(constraint: Constraint, text: string): boolean {
  const state = start(constraint);
  for (const byte of new TextEncoder().encode(text)) {
    if (!tokensOf(state.mask(Infinity)).includes(byte)) return false;
    state.accept(byte);
  }
  return state.canEnd;
}

describe('compileConstraint', () => {
  it.each<[Constraint, string, string]>([
    [{ regex: 'a+' }, 'aa', 'ab'],
    [{ regex: '^a|b$' }, 'b', 'ab'],
    [{ grammar: 'root ::= "(" root? ")"' }, '(())', '(()'],
    [{ choice: ['yes', 'no', 'né'] }, 'né', 'n'],
    [{ choice: ['', 'a'] }, '', 'b'],
    [{ jsonSchema: { type: 'array', items: { const: 1 } } }, '[1,1]', '[2]'],
    [{ jsonSchema: true }, '{"a":[null]}', '{"a"}'],
  ])('reads %j', (constraint, allowed, refused) => {
    expect(allows(constraint, allowed)).toBe(true);
    expect(allows(constraint, refused)).toBe(false);
  });

  it.each<[unknown, string]>([
    [undefined, 'not a JSON object'],
    [null, 'an object with one of'],
    ['a+', 'an object with one of'],
    [[{ regex: 'a' }], 'an object with one of'],
    [{}, 'has nothing'],
    [{ regex: 'a', choice: ['a'] }, 'has regex, choice'],
    [{ pattern: 'a' }, 'has pattern'],
    [{ toString: 'a' }, 'has toString'],
    [{ regex: 1 }, 'not a number'],
    [{ grammar: null }, 'not null'],
    [{ choice: 'a' }, 'not a string'],
    [{ choice: [] }, 'empty'],
    [{ choice: ['a', 1] }, 'Text 1 of the choice'],
    [{ choice: ['\ud800'] }, 'surrogate'],
    [{ choice: Array.from({ length: 20_000 }, (_, i) => `${i}`) }, '10000'],
    [{ choice: ['x'.repeat(2_000_000)] }, '1000000'],
    [{ jsonSchema: 1 }, 'no schema'],
    [{ jsonSchema: false }, 'No value fits'],
    [{ jsonSchema: { maxLength: Infinity, type: 'string' } }, 'maxLength'],
    [{ regex: 'x'.repeat(20_000_000) }, '8388608'],
    [{ regex: '[]' }, 'No text'],
    [cyclic(), 'JSON'],
    [deep(), 'JSON'],
  ])('refuses what is no constraint, case %#', (constraint, fault) => {
    expect(() => start(constraint)).toThrow(ConstraintError);
    expect(() => start(constraint)).toThrow(fault);
  });

  it('compiles once what was compiled lately', () => {
    const compiled = compileConstraint({ regex: 'once' });
    expect(compileConstraint({ regex: 'once' })).toBe(compiled);
    expect(compileConstraint({ regex: 'twice' })).not.toBe(compiled);
  });
});

function cyclic(): unknown {
  const schema: Record<string, unknown> = {};
  schema['items'] = schema;
  return { jsonSchema: schema };
}

function deep(): unknown {
  let schema: unknown = true;
  for (let i = 0; i < 100_000; i++) schema = { items: schema };
  return { jsonSchema: schema };
}
