import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';

import { anyCall, callPointer } from './call-schema.ts';

const tree = {
  type: 'object',
  properties: {
    // Names that are keywords elsewhere.
    $ref: { type: 'string' },
    const: { $ref: '#/$defs/leaf' },
    children: { type: 'array', items: { $ref: '#' } },
  },
  additionalProperties: false,
  $defs: { leaf: { enum: [1, { $ref: '#/$defs/leaf' }] } },
};

const flat = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

const functions = [
  { name: 'weather', parameters: flat },
  { name: 'plant', parameters: tree },
  { name: 'anything', parameters: true },
];

describe('anyCall', () => {
  const accepts = new Ajv2020({ strict: false }).compile(anyCall(functions) as object);

  it.each([
    ['weather', { city: 'Oslo' }, true],
    ['weather', {}, false],
    ['plant', { city: 'Oslo', const: 2 }, false],
    ['plant', { const: 1 }, true],
    ['plant', { const: { $ref: '#/$defs/leaf' } }, true],
    ['plant', { const: 2 }, false],
    ['plant', { $ref: '#' }, true],
    ['plant', { $ref: 1 }, false],
    ['plant', { children: [{ children: [{ const: 1 }] }] }, true],
    ['plant', { children: [{ children: [{ const: 2 }] }] }, false],
    ['anything', null, true],
    ['nobody', {}, false],
  ])('%s of %j: %s', (name, value, expected) => {
    expect(accepts({ name, arguments: value })).toBe(expected);
  });

  it('leaves references that lead elsewhere for the compiler to refuse', () => {
    const parameters = { $ref: 'https://example.org/schema' };
    const moved = anyCall([{ name: 'f', parameters }]) as { anyOf: object[] };
    expect(moved.anyOf[0]).toMatchObject({ properties: { arguments: parameters } });
  });

  it('has the parameters where callPointer says', () => {
    const path = callPointer(1).split('/').slice(1);
    const place = path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown>)[key],
      anyCall(functions),
    );
    expect(place).toMatchObject({ properties: { $ref: { type: 'string' } } });
  });
});
