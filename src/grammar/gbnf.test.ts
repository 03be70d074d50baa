import { describe, expect, it } from 'vitest';

import { matchesGrammar } from '../../test/support/grammar-matcher.ts';
import { ConstraintError } from '../spec/index.ts';
import { compileGrammar } from './compile-grammar.ts';
import { parseGbnf } from './gbnf.ts';

const json = `# JSON, as llama.cpp's example has it
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws

object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws

array  ::=
  "[" ws (
            value
    ("," ws value)*
  )? "]" ws

string ::=
  "\\"" (
    [^"\\\\\\x7F\\x00-\\x1F] |
    "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
  )* "\\"" ws

number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws

ws ::= | " " | "\\n" [ \\t]{0,20}
`;

describe('parseGbnf', () => {
  it.each<[string, string, string[], string[]]>([
    [
      'texts and escapes',
      String.raw`root ::= "a\"\\\x41\u00e9\U0001F600\t\r\n\[\]"`,
      ['a"\\Aé😀\t\r\n[]'],
      [''],
    ],
    [
      'classes',
      String.raw`root ::= [a-cé\]\x30-\x39-] [^a\n] [^]`,
      ['bx!', ']b\n', '-😀a', '7cc'],
      ['da!', 'aa!'],
    ],
    ['any character', 'root ::= . .', ['a\n', '😀€'], ['a', 'abc']],
    [
      'repetitions',
      'root ::= "ab"* "c"+ "d"? "e"{2} "f"{1,} "g"{0,2}',
      ['ceef', 'ababccdeeffgg'],
      ['aceef', 'ceefggg'],
    ],
    [
      'repetitions of repetitions',
      'root ::= "a"{2}{2} ("b"?)*',
      ['aaaa', 'aaaabbb'],
      ['aa', 'aaa'],
    ],
    ['alternatives', 'root ::= "a" | "b" "c" |\n "d"\n | "e"', ['a', 'bc', 'd', 'e'], ['b', 'ac']],
    ['an empty alternative', 'root ::= "a" |', ['a', ''], ['b']],
    ['groups over lines', 'root ::= ( # comment\n "a"\n\n  ("b"|"c")+ )\n', ['ab', 'abcb'], ['a']],
    [
      'rules in any order',
      'b ::= "x" root?\r\nroot ::= "(" b ")" # end',
      ['(x)', '(x(x))'],
      ['x', '(x'],
    ],
    ['digits and hyphens in names', 'root ::= a-1 2b\na-1 ::= "a"\n2b ::= "b"', ['ab'], ['a']],
    [
      'JSON',
      json,
      ['{}', '{"a": [1, -2.5e+3, "\\u00e9\\n", null]}'],
      ['[]', '{"a" 1}', '{"\n": 1}'],
    ],
  ])('reads %s', (_, text, accepted, refused) => {
    const grammar = parseGbnf(text);
    compileGrammar(grammar);
    const matched = [...accepted, ...refused].filter((candidate) =>
      matchesGrammar(grammar, candidate),
    );
    expect(matched).toEqual(accepted);
  });

  it.each<[string, string, number, string]>([
    ['no rules', '', 0, 'no rule named root'],
    ['no root', 'a ::= "a"', 0, 'no rule named root'],
    ['an unknown rule', 'root ::= "a" ghost', 13, 'ghost, which is not defined'],
    ['a rule twice', 'root ::= "a"\nroot ::= "b"', 13, 'twice'],
    ['no ::=', 'root = "a"', 5, 'lacks ::='],
    ['no name', '"a"', 0, 'lacks the name'],
    ['an open text', 'root ::= "a', 9, '" that is never closed'],
    ['an open class', 'root ::= [a', 9, '[ that is never closed'],
    ['an open group', 'root ::= ("a"', 9, '( that is never closed'],
    ['a stray )', 'root ::= "a")', 12, ') that closes nothing'],
    ['a rule in a group', 'root ::= ("a"\nb ::= "b")', 14, 'inside a group'],
    ['a repetition of nothing', 'root ::= *', 9, 'repeats nothing'],
    ['reversed counts', 'root ::= "a"{3,2}', 12, 'at least 3 and at most 2'],
    ['a large count', 'root ::= "a"{1000000}', 12, '1000000 times'],
    ['a large lower count', 'root ::= "a"{1000000,}', 12, '1000000 times'],
    ['a reversed range', 'root ::= [b-a]', 13, 'backwards'],
    ['an unknown escape', String.raw`root ::= "\q"`, 10, String.raw`\q`],
    ['a short escape', String.raw`root ::= "\u12"`, 10, 'too few'],
    ['half a surrogate pair', String.raw`root ::= "\ud800"`, 10, 'no Unicode character'],
    ['an escape too high', String.raw`root ::= "\U00110000"`, 10, 'no Unicode character'],
    ['a single token', 'root ::= <think>', 9, 'single token'],
    ['other signs', 'root ::= "a" @', 13, '@'],
    ['60,000 groups', `root ::= ${'('.repeat(60_000)}`, 209, 'deeper than 200'],
    ['a chain of 50,000 rules', chain(50_000), 262_144, '262144'],
    ['a chain of 11,000 rules', chain(11_000), 197_775, 'more than 10000 rules'],
    ['10 MB', `root ::= "${'a'.repeat(10_000_000)}"`, 262_144, '262144'],
  ])('refuses %s', (_, text, offset, fault) => {
    const parse = (): unknown => parseGbnf(text);
    expect(parse).toThrow(ConstraintError);
    expect(parse).toThrow(fault);
    expect(parse).toThrow(expect.objectContaining({ path: String(offset) }));
  });

  it('compiles a long chain of rules', { tags: ['slow'] }, () => {
    const { size } = compileGrammar(parseGbnf(chain(3000)));
    expect(size).toBeGreaterThan(3000);
    expect(size).toBeLessThan(4000);
  });
});

/** Every rule but the last begins with a letter and goes on with the next rule. */
function chain(length: number): string {
  const rules = Array.from({ length: length - 1 }, (_, i) => `r${i} ::= "a" r${i + 1}`);
  return ['root ::= r0', ...rules, `r${length - 1} ::= "b"`].join('\n');
}
