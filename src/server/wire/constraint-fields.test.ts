import { z } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';

import { InvalidOptionError } from '../../spec/index.ts';
import { constraintFields, findConstraint, toConstraintOption } from './constraint-fields.ts';
import { strictObject, toInvalidOption } from './validation.ts';

const bodySchema = strictObject(constraintFields);

function read(body: object) {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) throw toInvalidOption(parsed.error);
  return { body: parsed.data, requested: findConstraint(parsed.data) };
}

function refusal(body: object): [param: string, message: string] {
  try {
    read(body);
  } catch (error) {
    if (error instanceof InvalidOptionError) return [error.option, error.message];
  }
  throw new Error('Nothing was refused.');
}

const schema = { type: 'object', properties: { a: { type: 'integer' } } };
const format = (json_schema: object) => ({ response_format: { type: 'json_schema', json_schema } });

describe('findConstraint', () => {
  it.each([
    [{ response_format: { type: 'json_object' } }, { jsonSchema: { type: 'object' } }],
    [{ response_format: { type: 'json_object', schema } }, { jsonSchema: schema }],
    [format({ name: 'a', schema, strict: false }), { jsonSchema: schema }],
    [
      format({ name: 'a', schema, strict: true, description: 'b' }),
      { jsonSchema: schema, strict: true },
    ],
    [format({ schema: true }), { jsonSchema: true }],
    [{ structured_outputs: { json: schema } }, { jsonSchema: schema }],
    [{ structured_outputs: { regex: 'a+', json: null } }, { regex: 'a+' }],
    [{ structured_outputs: { choice: ['a', 'b'] } }, { choice: ['a', 'b'] }],
    [{ structured_outputs: { grammar: 'root ::= "a"' } }, { grammar: 'root ::= "a"' }],
    [{ json_schema: schema }, { jsonSchema: schema }],
    [{ grammar: 'root ::= "a"', regex: null }, { grammar: 'root ::= "a"' }],
    [{ regex: '' }, { regex: '' }],
    [{ choice: [] }, { choice: [] }],
    [{ guided_json: schema }, { jsonSchema: schema }],
    [{ guided_regex: 'a' }, { regex: 'a' }],
    [{ guided_choice: ['a'] }, { choice: ['a'] }],
    [{ guided_grammar: 'root ::= "a"' }, { grammar: 'root ::= "a"' }],
    [{ response_format: { type: 'text' }, regex: 'a' }, { regex: 'a' }],
  ])('%j', (body, constraint) => {
    const { body: parsed, requested } = read(body);
    expect(requested!.constraint).toEqual(constraint);
    expect(toConstraintOption(parsed, requested)).toEqual({ constraint });
  });

  it.each([
    [{}, {}],
    [{ response_format: null, grammar: null }, {}],
    [{ response_format: { type: 'text' } }, { constraint: null }],
  ])('%j asks for none', (body, option) => {
    const { body: parsed, requested } = read(body);
    expect(requested).toBeUndefined();
    expect(toConstraintOption(parsed, requested)).toEqual(option);
  });

  it('refuses two, and names both', () => {
    const [param, message] = refusal({ ...format({ schema }), structured_outputs: { regex: 'a' } });
    expect(param).toBe('structured_outputs.regex');
    expect(message).toMatch(/^response_format.json_schema.schema and structured_outputs.regex /);
    expect(refusal({ structured_outputs: { regex: 'a', choice: ['b'] } })[0]).toBe(
      'structured_outputs.choice',
    );
  });

  it.each<[object, string, RegExp]>([
    [format({}), 'response_format.json_schema.schema', /must be a JSON schema/],
    [format({ schema: 'x' }), 'response_format.json_schema.schema', /must be a JSON schema/],
    [format({ schema: [] }), 'response_format.json_schema.schema', /must be a JSON schema/],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema', /object/],
    [{ response_format: { type: 'xml' } }, 'response_format.type', /must be "text", "json_object"/],
    [{ response_format: {} }, 'response_format.type', /must be/],
    [{ response_format: 'json' }, 'response_format', /object/],
    [{ response_format: { type: 'text', schema } }, 'response_format.schema', /Unknown parameter/],
    [{ structured_outputs: {} }, 'structured_outputs', /must have json, regex, choice or grammar/],
    [{ structured_outputs: { jsn: 1 } }, 'structured_outputs.jsn', /Did you mean `json`/],
    [{ json_schema: '{}' }, 'json_schema', /must be a JSON schema/],
    [{ regex: 1 }, 'regex', /string/],
    [{ regex: '\uD800' }, 'regex', /surrogate/],
    [{ choice: 'a' }, 'choice', /array/],
    [{ choice: ['a', 1] }, 'choice[1]', /string/],
    [{ choice: Array.from({ length: 10_001 }, () => 1) }, 'choice', /10000/],
  ])('refuses %j', (body, param, message) => {
    expect(refusal(body)).toEqual([param, expect.stringMatching(message)]);
  });

  it('refuses a schema too deep to send, however deep', () => {
    for (const depth of [257, 100_000]) {
      const deep: unknown = JSON.parse('{"not":'.repeat(depth) + 'true' + '}'.repeat(depth));
      expect(refusal({ json_schema: deep })).toEqual([
        'json_schema',
        expect.stringContaining('256'),
      ]);
    }
    const shallow = JSON.parse('{"items":'.repeat(256) + '1' + '}'.repeat(256)) as object;
    expect(read({ json_schema: shallow }).requested).toBeDefined();
  });

  it('names the place of a fault as the body does', () => {
    const { requested } = read({ ...format({ schema }) });
    const field = 'response_format.json_schema.schema';
    expect(requested!.paramOf('#/properties/a')).toBe(`${field}/properties/a`);
    expect(requested!.paramOf('#')).toBe(field);
    expect(requested!.paramOf('')).toBe(field);
    expect(read({ regex: 'a' }).requested!.paramOf('17')).toBe('regex');
    expect(read({ choice: ['a'] }).requested!.paramOf('/0')).toBe('choice/0');
  });

  it('is described for OpenAPI', () => {
    expect(z.toJSONSchema(bodySchema, { io: 'input', unrepresentable: 'any' })).toBeDefined();
  });
});
