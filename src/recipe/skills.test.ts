import { describe, expect, it } from 'vitest';

import { parseRecipe } from './load.ts';

const parse = (skills: string, more = '') =>
  parseRecipe(
    `models: { large: large.gguf, small: small.gguf }\nbase: large\nformula: large + small\n${more}skills:\n${skills}\n`,
    { directory: '/recipes', file: '/recipes/r.yaml' },
  );

describe('skills', () => {
  it('are adapters over a model, and params of their names', () => {
    const recipe = parse(`  maths: maths.gguf
  code: { file: code.gguf, of: small, weight: 0.5, max: 1, description: Programs. }
  calm: { vector: calm.gguf, layers: 2-3, min: -4, max: 4 }`);
    expect([...recipe.skills.values()]).toEqual([
      {
        name: 'maths',
        of: 'large',
        adapter: { kind: 'lora', file: '/recipes/maths.gguf', scale: 1 },
      },
      {
        name: 'code',
        of: 'small',
        adapter: { kind: 'lora', file: '/recipes/code.gguf', scale: 1 },
      },
      {
        name: 'calm',
        of: 'large',
        adapter: { kind: 'vector', file: '/recipes/calm.gguf', scale: 1, layers: [2, 3] },
      },
    ]);
    expect(Object.fromEntries(recipe.params)).toEqual({
      maths: { default: 0, min: 0, max: 2, description: null },
      code: { default: 0.5, min: 0, max: 1, description: 'Programs.' },
      calm: { default: 0, min: -4, max: 4, description: null },
    });
    expect(recipe.warnings).toEqual([]);
  });

  it.each([
    ['  a: { file: a.gguf, of: large2 }', 'skills.a.of: there is no model large2. The models are'],
    ['  a: { file: a.gguf, weight: 3 }', 'skills.a.weight must be a number from 0 to 2, not 3'],
    ['  a: { file: a.gguf, min: 3 }', 'skills.a: min (3) is above max (2)'],
    ['  a: { of: large }', 'skills.a says neither file nor vector'],
    ['  a: { file: a.gguf, scale: 2 }', 'skills.a has no key `scale`.'],
    ['  small: a.gguf', 'small is a skill and a model: rename one of them.'],
    ['  logp: a.gguf', 'skills.logp: logp is a word of formulas'],
    ['  __proto__: a.gguf', 'skills.__proto__: nothing can have this name.'],
  ])('refuse %s, with the place', (skills, message) => {
    expect(() => parse(skills)).toThrow(message);
    expect(() => parse(skills)).toThrow(/r\.yaml:\d+:\d+/);
  });

  it('refuse the name of a param, and a model on a server', () => {
    expect(() => parse('  alpha: a.gguf', 'params: { alpha: 1 }\n')).toThrow(
      'alpha is a skill and a param',
    );
    const served =
      'models: { far: { server: "http://h:1", kind: vllm }, near: a.gguf }\nbase: far\nformula: far + near\nskills: { a: b.gguf }\n';
    expect(() => parseRecipe(served, { directory: '/' })).toThrow(
      'skills.a: far is on a server, which has no skills of ours',
    );
  });

  it('warn where their model is not in the formula', () => {
    const text =
      'models: { a: a.gguf, b: b.gguf }\nbase: a\nskills: { x: { file: x.gguf, of: b } }\n';
    expect(parseRecipe(text, { directory: '/' }).warnings).toContain(
      'The skill x does nothing: its model b is not in the formula.',
    );
  });
});
