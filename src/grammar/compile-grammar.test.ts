import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { matchesGrammar } from '../../test/support/grammar-matcher.ts';
import { randomGrammars, randomTexts } from '../../test/support/random-grammars.ts';
import { ConstraintError } from '../spec/index.ts';
import type { Automaton } from './automaton.ts';
import { compileGrammar } from './compile-grammar.ts';
import { parseGbnf } from './gbnf.ts';
import type { Expression, Grammar } from './grammar.ts';
import type { Configuration } from './configuration.ts';
import { Recogniser } from './recogniser.ts';

/** Whether the automaton reads a whole text. */
function accepts(automaton: Automaton, text: string): boolean {
  const recogniser = new Recogniser(automaton, automaton.shortest);
  let at: Configuration | null = recogniser.start;
  for (const byte of new TextEncoder().encode(text)) {
    at = recogniser.step(at, byte);
    if (at === null) return false;
  }
  return at.accepting;
}

const ruleOf = (expression: Expression): Grammar => ({
  root: 'root',
  rules: new Map([['root', expression]]),
});

const text = (value: string): Expression => ({ kind: 'text', text: value });

/** `undefined` for a grammar that matches nothing. */
function compileIfPossible(grammar: Grammar): Automaton | undefined {
  try {
    return compileGrammar(grammar);
  } catch (error) {
    if (error instanceof ConstraintError && error.message.includes('No text')) return undefined;
    throw error;
  }
}

describe('compileGrammar', () => {
  it('accepts what the grammar says', () => {
    fc.assert(
      fc.property(
        randomGrammars,
        fc.array(randomTexts, { minLength: 10, maxLength: 10 }),
        (grammar, texts) => {
          const automaton = compileIfPossible(grammar);
          for (const candidate of texts) {
            const accepted = automaton !== undefined && accepts(automaton, candidate);
            expect(accepted).toBe(matchesGrammar(grammar, candidate));
          }
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('is minimal: equal rules and equal ends of rules are one', () => {
    const shared = compileGrammar(
      parseGbnf(`root ::= "x" one | "y" two
        one ::= "(" one ")" | "12345678"
        two ::= "(" two ")" | "12345678"`),
    );
    const single = compileGrammar(
      parseGbnf(`root ::= [xy] one
        one ::= "(" one ")" | "12345678"`),
    );
    expect(shared.size).toBe(single.size);
    expect(compileGrammar(parseGbnf('root ::= "abc" | "xbc"')).size).toBe(4);
    expect(compileGrammar(parseGbnf('root ::= .*')).size).toBe(8); // as UTF-8 needs
  });

  it('reads empty rules and loops of them', () => {
    const automaton = compileGrammar(
      parseGbnf(`root ::= empty* "a" blank root? blank*
        empty ::= ""
        blank ::= space*
        space ::= " " | empty "\\t" blank "!"`),
    );
    for (const accepted of ['a', 'a ', 'aa', 'a  a ', 'a\t!', 'a\t  !a']) {
      expect(accepts(automaton, accepted)).toBe(true);
    }
    for (const refused of ['', ' a', 'a\t', 'ab']) {
      expect(accepts(automaton, refused)).toBe(false);
    }
  });

  it('stays small where a deterministic automaton would not be', () => {
    const automaton = compileGrammar(parseGbnf('root ::= [ab]* "a" [ab]{40}'));
    expect(automaton.size).toBeLessThan(200);
    expect(accepts(automaton, `bab${'b'.repeat(38)}`)).toBe(false);
    expect(accepts(automaton, `bab${'b'.repeat(40)}`)).toBe(false);
    expect(accepts(automaton, `bba${'ab'.repeat(20)}`)).toBe(true);
  });

  it('shares stacks, so that ambiguity does not multiply them', () => {
    const automaton = compileGrammar(
      parseGbnf(`root ::= one | two | three | "x"
        one ::= "(((((((((" root "+" root ")" | "(" root "1"
        two ::= "(((((((((" root "-" root ")" | "(" root "2"
        three ::= "(" root "3"`),
    );
    const depth = 300;
    const digits = Array.from({ length: depth }, (_, i) => (i % 3) + 1).join('');
    expect(accepts(automaton, `${'('.repeat(depth)}x${digits}`)).toBe(true);
    expect(accepts(automaton, `${'('.repeat(depth)}x${digits}1`)).toBe(false);
  });

  it('goes deep without recursing', { tags: ['slow'] }, () => {
    const automaton = compileGrammar(parseGbnf('root ::= "[" root "]" | "x"'));
    const depth = 20_000;
    expect(accepts(automaton, `${'['.repeat(depth)}x${']'.repeat(depth)}`)).toBe(true);
    expect(accepts(automaton, `${'['.repeat(depth)}x${']'.repeat(depth - 1)}`)).toBe(false);
  });

  it.each([
    ['direct', 'root ::= root "a" | "b"', 'root → root'],
    ['indirect', 'root ::= a\na ::= b "x"\nb ::= c | "y"\nc ::= a "z"', 'a → b → c → a'],
    ['behind an empty rule', 'root ::= e root "a" | "b"\ne ::= "e"?', 'root → root'],
  ])('refuses left recursion: %s', (_, grammar, way) => {
    expect(() => compileGrammar(parseGbnf(grammar))).toThrow(
      expect.objectContaining({ message: expect.stringContaining(way) }),
    );
    expect(() => compileGrammar(parseGbnf(grammar))).toThrow(ConstraintError);
  });

  it.each<[string, Expression, string]>([
    ['many repetitions', repeated(repeated(text('ab'), 1000), 1000), '250000 states'],
    ['one too many', repeated(text('a'), 10_001), '10000'],
    ['repetitions of nothing', repeated(repeated(text(''), 9000), 9000), '250000 states'],
    ['many empty choices', repeated(repeated(text('a'), 1, 0), 9000, 0), 'too ambiguous'],
    ['many states', repeated(text('abcdefghijkl'), 9000), '100000 states'],
    ['half a character', text('\ud83d'), 'surrogate'],
    ['nothing', { kind: 'class', ranges: [] }, 'No text'],
    ['an unknown rule', { kind: 'rule', name: 'ghost' }, 'ghost'],
    ['a long shortest text', repeated(repeated(text('abcd'), 100), 100), '32768 bytes'],
  ])('refuses %s', { tags: ['slow'] }, (_, expression, limit) => {
    const compile = (): unknown => compileGrammar(ruleOf(expression));
    expect(compile).toThrow(ConstraintError);
    expect(compile).toThrow(limit);
  });

  it('refuses nesting beyond its limit', () => {
    let nested: Expression = text('a');
    for (let i = 0; i < 100_000; i++) nested = { kind: 'sequence', items: [nested] };
    expect(() => compileGrammar(ruleOf(nested))).toThrow('1000 expressions');
    const behind: Expression = { kind: 'sequence', items: [text('a'), nested] };
    expect(() => compileGrammar(ruleOf(behind))).toThrow('1000 expressions');
  });

  it('refuses recursion where it must be regular', () => {
    const grammar: Grammar = {
      root: 'root',
      rules: new Map<string, Expression>([
        ['root', { kind: 'both', items: [{ kind: 'rule', name: 'loop' }, text('a')] }],
        ['loop', { kind: 'sequence', items: [text('a'), { kind: 'rule', name: 'loop' }] }],
      ]),
    };
    expect(() => compileGrammar(grammar)).toThrow('must be regular');
  });
});

function repeated(item: Expression, max: number, min = max): Expression {
  return { kind: 'repeat', item, min, max };
}
