import { describe, expect, it } from 'vitest';

import { createJudge } from '../../../test/support/schema-judge.ts';
import { misjudged, textsOf } from '../../../test/support/schema-suite.ts';
import type { JsonSchema } from '../../spec/index.ts';

interface Described {
  readonly schema: JsonSchema;
  readonly valid: readonly unknown[];
  readonly invalid: readonly unknown[];
}

/** Configuration files, in the habits of those who describe them for editors. */
const files: Readonly<Record<string, Described>> = {
  'draft 4 with hints for editors': {
    schema: {
      $schema: 'http://json-schema.org/draft-04/schema#',
      id: 'https://json.example.org/tool.json',
      title: 'JSON schema of tool.json',
      type: 'object',
      additionalProperties: false,
      patternProperties: { '^//': { description: 'A comment.' } },
      definitions: {
        level: {
          type: 'string',
          enum: ['off', 'warn', 'error'],
          enumDescriptions: ['Nothing.', 'A warning.', 'An error.'],
          'x-intellij-html-description': '<p>How bad it is.</p>',
        },
        port: { type: 'integer', minimum: 0, exclusiveMinimum: true, maximum: 65_535 },
        rule: {
          oneOf: [
            { $ref: '#/definitions/level' },
            { type: 'array', items: [{ $ref: '#/definitions/level' }], minItems: 1 },
          ],
        },
      },
      properties: {
        $schema: { type: 'string', format: 'uri' },
        extends: {
          description: 'What it goes on from.',
          anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        },
        rules: { type: 'object', additionalProperties: { $ref: '#/definitions/rule' } },
        port: { $ref: '#/definitions/port', default: 80 },
        debug: { type: ['boolean', 'null'], defaultSnippets: [{ label: 'true', body: true }] },
      },
      dependencies: { port: ['debug'] },
      required: ['rules'],
    },
    valid: [
      { rules: {} },
      {
        $schema: 'https://json.example.org/tool.json',
        extends: ['a'],
        rules: { semi: 'warn', quotes: ['error', { avoid: true }] },
        port: 8080,
        debug: null,
        '// note': 3,
      },
    ],
    invalid: [
      {},
      { rules: { semi: 'loud' } },
      { rules: { semi: [] } },
      { rules: {}, port: 0, debug: true },
      { rules: {}, port: 80 },
      { rules: {}, other: 1 },
    ],
  },
  'draft 7 with conditions': {
    schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://json.example.org/job.json',
      $comment: 'Jobs.',
      type: 'object',
      markdownDescription: '**Jobs**',
      allowTrailingCommas: true,
      tsType: 'Job',
      properties: {
        kind: {
          oneOf: [
            { const: 'shell', description: 'A command.' },
            { const: 'http', description: 'A request.' },
          ],
        },
        run: { type: 'string', minLength: 1 },
        url: { type: 'string', format: 'uri', pattern: '^https?://' },
        env: {
          type: 'object',
          propertyNames: { pattern: '^[A-Z_]+$' },
          additionalProperties: { type: ['string', 'number', 'boolean'] },
          minProperties: 1,
        },
        needs: { type: 'array', items: { enum: ['build', 'test', 'lint'] }, uniqueItems: true },
        retries: { type: 'integer', multipleOf: 1, default: 0, examples: [3] },
        every: { type: 'integer', multipleOf: 15, minimum: 15 },
      },
      required: ['kind'],
      // As text: an object with `then` looks like a promise.
      ...(JSON.parse(
        '{"if": {"properties": {"kind": {"const": "shell"}}}, "then": {"required": ["run"]}, "else": {"required": ["url"]}}',
      ) as object),
      additionalProperties: false,
    },
    valid: [
      { kind: 'shell', run: 'make', env: { CI: true }, needs: ['test', 'build'], every: 3600 },
      { kind: 'http', url: 'https://example.org', retries: 3 },
    ],
    invalid: [
      { kind: 'shell' },
      { kind: 'http', run: 'make' },
      { kind: 'shell', run: 'make', env: {} },
      { kind: 'shell', run: 'make', env: { ci: 1 } },
      { kind: 'shell', run: 'make', needs: ['test', 'test'] },
      { kind: 'shell', run: 'make', every: 20 },
    ],
  },
  'draft 2020-12 with $defs and anchors': {
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://json.example.org/site.json',
      $ref: '#/$defs/site',
      $defs: {
        site: {
          type: 'object',
          properties: {
            pages: { type: 'array', items: { $ref: '#page' }, minItems: 1 },
            colour: { anyOf: [{ enum: ['red', 'blue'] }, { pattern: '^#[0-9a-f]{6}$' }] },
            range: {
              type: 'array',
              prefixItems: [{ type: 'number' }, { type: 'number' }],
              items: false,
            },
          },
          required: ['pages'],
          dependentRequired: { range: ['colour'] },
        },
        page: {
          $anchor: 'page',
          type: 'object',
          properties: {
            path: { type: 'string', pattern: '^/' },
            children: { type: 'array', items: { $ref: '#page' } },
          },
          required: ['path'],
          not: { required: ['redirect', 'children'] },
        },
      },
    },
    valid: [
      { pages: [{ path: '/', children: [{ path: '/a' }] }], colour: '#00ff00', range: [1, 2.5] },
      { pages: [{ path: '/' }], other: 1 },
    ],
    invalid: [
      { pages: [] },
      { pages: [{ path: 'a' }] },
      { pages: [{ path: '/' }], range: [1, 2, 3], colour: 'red' },
      { pages: [{ path: '/' }], range: [1] },
      { pages: [{ path: '/', children: [], redirect: '/b' }] },
    ],
  },
};

describe.each(Object.entries(files))('a schema of %s', (name, { schema, valid, invalid }) => {
  const fits = createJudge(name.includes('2020') ? '2020-12' : '7')(toDraft7(schema));
  const write = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value));

  it('takes what ajv takes, and refuses what ajv refuses', () => {
    expect(valid.filter((value) => !fits(value))).toEqual([]);
    expect(invalid.filter(fits)).toEqual([]);
    expect(misjudged({ schema, valid: write(valid), invalid: write(invalid) })).toEqual([]);
  });

  it('allows no more than ajv takes', () => {
    expect(textsOf(schema, 20).filter((text) => !fits(JSON.parse(text)))).toEqual([]);
  });
});

/** As ajv reads it, which knows no draft 4. */
function toDraft7(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema)
    .replace(
      '"http://json-schema.org/draft-04/schema#"',
      '"http://json-schema.org/draft-07/schema#"',
    )
    .replace('"id":"https', '"$id":"https')
    .replace('"minimum":0,"exclusiveMinimum":true', '"exclusiveMinimum":0');
  return JSON.parse(text) as JsonSchema;
}
