import { uniformAt } from '../../src/math/index.ts';
import type { Constraint, JsonSchema } from '../../src/spec/index.ts';

/** A constraint, and a long text that it allows. */
export interface ConstraintSubject {
  readonly name: string;
  readonly constraint: Constraint;
  readonly text: string;
}

/** An object of `count` properties of mixed types. */
export function wideSchema(count: number, required: boolean): JsonSchema {
  const kinds: readonly JsonSchema[] = [
    { type: 'string' },
    { type: 'integer', minimum: 0, maximum: 100_000 },
    { type: 'number' },
    { type: 'boolean' },
    { enum: ['low', 'medium', 'high'] },
    { type: 'array', items: { type: 'string' } },
    { type: 'string', maxLength: 80 },
    { type: ['string', 'null'], format: 'date' },
  ];
  const names = Array.from({ length: count }, (_, i) => `${word(i)}_${i}`);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name, i) => [name, kinds[i % kinds.length]])),
    ...(required ? { required: names } : {}),
    additionalProperties: false,
  };
}

export function constraintSubjects(): readonly ConstraintSubject[] {
  const prose = sentences(200);
  const letters = prose.slice(0, 9990);
  const record = (i: number): unknown => ({
    id: i,
    name: word(i),
    tags: [word(i + 1), word(i + 2)],
    score: i / 8,
    note: sentences(2, i),
    parent: i % 3 === 0 ? null : { id: i - 1, open: i % 2 === 0 },
  });
  return [
    {
      name: 'any JSON object, indented',
      constraint: { jsonSchema: { type: 'object' } },
      text: JSON.stringify({ records: Array.from({ length: 60 }, (_, i) => record(i)) }, null, 2),
    },
    {
      name: 'schema of 100 properties',
      constraint: { jsonSchema: wideSchema(100, true) },
      text: JSON.stringify(wideValue(100)),
    },
    { name: 'free string', constraint: { jsonSchema: { type: 'string' } }, text: quoted(prose) },
    {
      name: 'string of at most 10,000',
      constraint: { jsonSchema: { type: 'string', maxLength: 10_000 } },
      text: quoted(letters),
    },
    {
      name: 'numbers',
      constraint: { jsonSchema: { type: 'array', items: { type: 'number' } } },
      text: JSON.stringify(
        Array.from(
          { length: 500 },
          (_, i) => Math.round((uniformAt(2, i) - 0.5) * 1e9) / 10 ** (i % 6),
        ),
      ),
    },
    {
      name: 'regular expression of prose',
      constraint: { regex: '(?:\\p{Lu}\\p{Ll}*(?:,? \\p{L}+)*[.!?] ?)+' },
      text: prose.replaceAll(/["\n]/g, ''),
    },
    {
      name: 'GBNF of arithmetic',
      constraint: {
        grammar: `root ::= sum
          sum ::= product (" "? [+-] " "? product)*
          product ::= factor (" "? [*/] " "? factor)*
          factor ::= "(" sum ")" | name | [0-9]+ ("." [0-9]+)?
          name ::= [a-z] [a-z0-9_]*`,
      },
      text: arithmetic(800),
    },
  ];
}

function wideValue(count: number): unknown {
  const values = [
    sentences(3),
    4711,
    2.5,
    true,
    'medium',
    [word(3), word(4)],
    word(9),
    '2024-02-29',
  ];
  const entries = Array.from({ length: count }, (_, i) => [
    `${word(i)}_${i}`,
    values[i % values.length],
  ]);
  return Object.fromEntries(entries);
}

function word(seed: number): string {
  const length = 2 + Math.floor(3 * uniformAt(seed, 0));
  const syllables = ['ta', 'ren', 'so', 'mi', 'el', 'or', 'an', 'the', 'ling', 'er', 'pro', 'qui'];
  return Array.from(
    { length },
    (_, i) => syllables[Math.floor(uniformAt(seed, i + 1) * syllables.length)]!,
  ).join('');
}

/** With commas, capitals, letters of other scripts, quotes and line feeds. */
function sentences(count: number, seed = 0): string {
  return Array.from({ length: count }, (_, i) => {
    const words = Array.from({ length: 9 }, (__, j) => word(1000 * seed + 10 * i + j));
    const [first, ...others] = words as [string, ...string[]];
    const odd = ['é', '中文', '"quoted"', 'Ωmega', 'naïve'][i % 5]!;
    const begin = first[0]!.toUpperCase() + first.slice(1);
    return `${begin}, ${[...others, odd].join(' ')}${i % 4 === 0 ? '.\n' : '. '}`;
  }).join('');
}

const quoted = (content: string): string => JSON.stringify(content);

function arithmetic(count: number): string {
  const operand = (i: number): string => (i % 3 === 0 ? word(i) : String(i * 7));
  return Array.from({ length: count }, (_, i) =>
    i % 5 === 0 ? `(${operand(i)} + ${operand(i + 1)})` : operand(i),
  ).join(' * ');
}
