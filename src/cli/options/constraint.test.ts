import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { UsageError } from '../failure.ts';
import { constraintOf, type ConstraintFlags } from './constraint.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-constraint-'));
  const files = {
    'town.json': '{ "type": "object" }',
    'number.json': '12',
    'broken.json': '{\n  "a": 1\n  "b": 2\n}\n',
    'unknown.json': '{ "unevaluatedItems": {} }',
    'town.gbnf': 'root ::= "a"',
    'bad.gbnf': 'root ::= "a"\nx ::= [',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Flags whose files are in the folder. */
function inFolder({ schema, grammar, ...others }: ConstraintFlags): ConstraintFlags {
  const place = (given: string) =>
    /\.(json|gbnf)$/.test(given) ? path.join(folder, given) : given;
  return {
    ...others,
    ...(schema !== undefined && { schema: place(schema) }),
    ...(grammar !== undefined && { grammar: place(grammar) }),
  };
}

describe('constraintOf', () => {
  it.each<[ConstraintFlags, unknown]>([
    [{}, {}],
    [{ constraint: true }, {}],
    [{ constraint: false }, { constraint: null }],
    [{ regex: 'a+' }, { constraint: { regex: 'a+' } }],
    [{ choice: ['a', 'b'] }, { constraint: { choice: ['a', 'b'] } }],
    [{ schema: ' {"type": "null"}' }, { constraint: { jsonSchema: { type: 'null' } } }],
    [{ schema: 'true' }, { constraint: { jsonSchema: true } }],
    [{ schema: 'town.json' }, { constraint: { jsonSchema: { type: 'object' } } }],
    [{ grammar: 'town.gbnf' }, { constraint: { grammar: 'root ::= "a"' } }],
  ])('of %j is %j', async (flags, expected) => {
    expect(await constraintOf(inFolder(flags))).toEqual(expected);
  });

  it.each<[ConstraintFlags, string]>([
    [{ regex: 'a', choice: ['b'] }, '--regex and --choice both say what the answer must be'],
    [{ grammar: 'town.gbnf', constraint: false }, '--grammar and --no-constraint both say'],
    [{ schema: '{"type":}' }, '--schema: line 1, column 9: this is not JSON: a value should stand'],
    [{ schema: 'broken.json' }, 'broken.json:3:3: this is not JSON: a comma or } should stand'],
    [{ schema: 'number.json' }, 'number.json: a JSON schema is an object, true or false.'],
    [
      { schema: 'none.json' },
      'none.json cannot be read: there is no such file or folder (ENOENT).',
    ],
    [
      { schema: 'unknown.json' },
      'unknown.json: The keyword "unevaluatedItems" at #/unevaluatedItems is not supported.',
    ],
    [
      { schema: '{"unevaluatedItems": {}}' },
      '--schema: The keyword "unevaluatedItems" at #/unevaluatedItems is not supported.',
    ],
    [{ schema: '-' }, '--schema: what is piped in belongs to the prompt: give a file.'],
    [{ grammar: 'bad.gbnf' }, 'bad.gbnf:2:7: The grammar has a [ that is never closed'],
    [{ regex: '(a' }, '--regex: The regular expression has a ( that is never closed'],
  ])('refuses %j, saying why and where', async (flags, message) => {
    const refusal = constraintOf(inFolder(flags));
    await expect(refusal).rejects.toBeInstanceOf(UsageError);
    await expect(constraintOf(inFolder(flags))).rejects.toThrow(message);
  });
});
