import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { logp, model, parseFormula, scale, serializeFormula, sum } from '../compose/index.ts';
import { InvalidOptionError, RecipeError } from '../spec/index.ts';
import {
  loadRecipe,
  parseRecipe,
  requireRecipeFiles,
  resolveParams,
  resolveRecipe,
  type Recipe,
  type RecipeDocument,
} from './index.ts';

const place = { directory: '/recipes', file: '/recipes/steered.yaml' };
const parse = (text: string): Recipe => parseRecipe(text, place);

/** Seven lines; tests append to it or replace parts. */
const steered = `models:
  large: ../models/large.gguf
  small: { file: small.gguf, prompt: raw }
  chat: { file: /chat.gguf, system: null }
base: large
expert: chat
antiExpert: small
`;

function failureOf(action: () => unknown): RecipeError {
  try {
    action();
  } catch (error) {
    if (error instanceof RecipeError) return error;
    throw error;
  }
  throw new Error('It is a recipe.');
}

async function failureOfLoading(path: string): Promise<RecipeError> {
  return loadRecipe(path).then(
    () => {
      throw new Error('It is a recipe.');
    },
    (error: unknown) => error as RecipeError,
  );
}

describe('parseRecipe', () => {
  it('fills in what is absent', () => {
    const recipe = parse(steered);
    expect(recipe).toMatchObject({
      name: 'steered',
      description: null,
      file: '/recipes/steered.yaml',
      directory: '/recipes',
      base: 'large',
      expert: 'chat',
      antiExpert: 'small',
      plausibility: null,
      sampling: {},
      stop: [],
      engine: {},
      warnings: [],
    });
    expect(serializeFormula(recipe.formula)).toBe('large + alpha * (chat - small)');
    expect(recipe.params.get('alpha')).toMatchObject({ default: 1, min: 0, max: 2 });
    expect([...recipe.models.values()]).toEqual([
      {
        name: 'large',
        source: { kind: 'file', path: '/models/large.gguf' },
        view: { kind: 'chat', template: null },
        system: undefined,
        markup: 'text',
        gpuLayers: -1,
        adapters: [],
      },
      {
        name: 'small',
        source: { kind: 'file', path: '/recipes/small.gguf' },
        view: { kind: 'raw' },
        system: undefined,
        markup: 'text',
        gpuLayers: -1,
        adapters: [],
      },
      {
        name: 'chat',
        source: { kind: 'file', path: '/chat.gguf' },
        view: { kind: 'chat', template: null },
        system: null,
        markup: 'text',
        gpuLayers: -1,
        adapters: [],
      },
    ]);
  });

  it('reads everything that can be written', () => {
    const recipe = parse(`name: all.of-it
description: Everything.
models:
  a:
    file: a.gguf
    prompt: { template: "{{ messages[0].content }}" }
    system: Be brief.
    gpuLayers: 12
    adapters: [{ file: x.gguf }, { file: y.gguf, scale: 0.5 }]
  b: { file: a.gguf, gpuLayers: all, prompt: chat }
  c: { file: b.gguf, prompt: { templateOf: a }, system: false }
base: a
formula: &f (1 + gamma) * logp(a) - gamma * logp(b)
plausibility: { topP: 0.9, models: [b, b] }
params:
  gamma: { default: 0.5, min: 0, description: Strength. }
sampling: { temperature: 0, logitBias: { 7: -100 }, seed: 3 }
stop: [END, END, "\\n\\n"]
engine: { contextLength: 4096, kvType: q8_0, flashAttention: true }
`);
    expect(recipe).toMatchObject({
      name: 'all.of-it',
      description: 'Everything.',
      expert: null,
      antiExpert: null,
      plausibility: { topP: 0.9, models: ['b'] },
      sampling: { temperature: 0, logitBias: { 7: -100 }, seed: 3 },
      stop: ['END', '\n\n'],
      engine: { contextLength: 4096, kvType: 'q8_0', flashAttention: true },
    });
    expect(recipe.models.get('a')).toEqual({
      name: 'a',
      source: { kind: 'file', path: '/recipes/a.gguf' },
      view: { kind: 'chat', template: '{{ messages[0].content }}' },
      system: 'Be brief.',
      markup: 'text',
      gpuLayers: 12,
      adapters: [
        { kind: 'lora', file: '/recipes/x.gguf', scale: 1 },
        { kind: 'lora', file: '/recipes/y.gguf', scale: 0.5 },
      ],
    });
    expect(recipe.models.get('b')).toMatchObject({ gpuLayers: -1, system: undefined });
    expect(recipe.models.get('c')).toMatchObject({
      view: { kind: 'chat', template: null, templateOf: 'a' },
      system: false,
    });
    expect(recipe.params.get('gamma')).toEqual({
      default: 0.5,
      min: 0,
      max: Infinity,
      description: 'Strength.',
    });
  });

  it.each([
    ['{ file: x.gguf, kind: lora }', 'models.a.adapters[0] has no key `kind`.'],
    ['{ scale: 2 }', 'models.a.adapters.0 says neither file nor vector'],
    ['{ file: x.gguf, vector: y.gguf }', 'says both file and vector'],
    ['{ file: x.gguf, layers: 3 }', 'models.a.adapters.0.layers is for vectors'],
    ['{ vector: x.gguf, layers: 9-3 }', 'give a layer of 1 or more, or the first and the last'],
    ['{ vector: x.gguf, layers: many }', 'it is a layer, or the first and the last, e.g. 10-20'],
  ])('refuses the adapter %s', (adapter, message) => {
    const text = `models: { a: { file: a.gguf, adapters: [${adapter}] } }\nbase: a\n`;
    expect(() => parse(text)).toThrow(message);
  });

  it('takes control vectors as adapters, behind the layers that are named', () => {
    const adapters = '[{ vector: x.gguf, scale: 4, layers: 10-20 }, { vector: y.gguf, layers: 3 }]';
    const recipe = parse(`models: { a: { file: a.gguf, adapters: ${adapters} } }\nbase: a\n`);
    expect(recipe.models.get('a')!.adapters).toEqual([
      { kind: 'vector', file: '/recipes/x.gguf', scale: 4, layers: [10, 20] },
      { kind: 'vector', file: '/recipes/y.gguf', scale: 1, layers: [3, 3] },
    ]);
  });

  it('is the base alone where nothing else is said', () => {
    const recipe = parse('models: { only: x.gguf }\nbase: only\n');
    expect(recipe.formula).toEqual(model('only'));
    expect(recipe.params.size).toBe(0);
  });

  it('keeps declared bounds of the default formula’s alpha', () => {
    const recipe = parse(`${steered}params: { alpha: 0.4 }\n`);
    expect(recipe.params.get('alpha')).toMatchObject({
      default: 0.4,
      min: -Infinity,
      max: Infinity,
    });
  });

  it('takes names that objects have of their own', () => {
    const recipe = parse(
      'models: { constructor: x.gguf }\nbase: constructor\nparams: { toString: 1 }',
    );
    expect([...recipe.models.keys(), ...recipe.params.keys()]).toEqual(['constructor', 'toString']);
    expect(failureOf(() => parse('models: { a: x.gguf }\nbase: toString')).message).toContain(
      'no model toString',
    );
  });

  it('keeps plausible what the base or the expert finds plausible', () => {
    expect(parse(`${steered}plausibility: { minP: 0.1 }`).plausibility).toEqual({
      minP: 0.1,
      models: ['large', 'chat'],
    });
    expect(
      parse('models: { x: x.gguf }\nbase: x\nplausibility: { minP: 0.1 }').plausibility,
    ).toMatchObject({ models: ['x'] });
  });

  it('warns of what does nothing', () => {
    expect(parse(`${steered}formula: large\nparams: { beta: 1 }`).warnings).toEqual([
      expect.stringContaining('param beta'),
      expect.stringContaining('model small'),
      expect.stringContaining('model chat'),
    ]);
  });

  it.each([
    ['unknown key', `${steered}antiExprt: x\n`, 8, 1, 'Did you mean `antiExpert`?'],
    ['misspelt key', 'models: { x: x.gguf }\nbsae: x', 2, 1, 'Did you mean `base`?'],
    ['unknown nested key', steered.replace('prompt:', 'promt:'), 3, 30, 'Did you mean `prompt`?'],
    ['far key', `${steered}zzz: 1`, 8, 1, 'Known keys: name, description, models'],
    ['merge key', `${steered}<<: { a: 1 }`, 8, 1, 'no key `<<`'],
    ['no models', 'base: x', 1, 1, 'models is missing. The models by name'],
    ['empty models', 'models: {}\nbase: x', 1, 9, 'models is empty'],
    ['no base', steered.replace('base: large\n', ''), 1, 1, 'base is missing. The model that'],
    ['no file', 'models:\n  x: {}\nbase: x', 2, 6, 'models.x.file is missing'],
    ['role', steered.replace('base: large', 'base: lrage'), 5, 7, 'Did you mean `large`?'],
    ['far role', steered.replace('expert: chat', 'expert: q'), 6, 9, 'The models are large, small'],
    ['expert alone', steered.replace(/antiExpert.*/, ''), 6, 9, 'expert without antiExpert'],
    ['anti alone', steered.replace(/expert: chat\n/, ''), 6, 13, 'antiExpert without expert'],
    ['model name', steered.replace('small:', 'sm-all:'), 3, 3, 'letters, digits and _'],
    ['reserved', steered.replace('small:', 'logp:'), 3, 3, 'word of formulas'],
    ['prototype', steered.replace('small:', '__proto__:'), 3, 3, 'models.__proto__'],
    ['enum', steered.replace('raw', 'Raw'), 3, 38, '"raw", "chat" or a mapping'],
    ['type', steered.replace('raw', '[1]'), 3, 38, 'not a list'],
    ['number for text', steered.replace('small.gguf', '3'), 3, 18, 'file must be text, not 3'],
    [
      'bound',
      steered.replace('null', '""').replace('system: ""', 'gpuLayers: -2'),
      4,
      40,
      'at least 0',
    ],
    [
      'template of none',
      steered.replace('raw', '{ templateOf: chta }'),
      3,
      52,
      'Did you mean `chat`?',
    ],
    [
      'template of one that names another',
      steered.replace('raw', '{ templateOf: small }'),
      3,
      52,
      'small has no template of its own',
    ],
    ['name', `${steered}name: a/b`, 8, 7, 'letters, digits, dots'],
    ['null', `${steered}params:\n`, 8, 8, 'must be a mapping, not empty'],
    ['formula', `${steered}formula: large + chta`, 8, 18, 'Did you mean `chat`?'],
    ['quoted formula', `${steered}formula: "large + chta"`, 8, 19, 'Did you mean `chat`?'],
    ['folded formula', `${steered}formula: >\n  large +\n  chta`, 8, 10, 'Did you mean `chat`?'],
    [
      'undeclared',
      `${steered}formula: large + beta * chat`,
      8,
      18,
      'Declare it under models or params',
    ],
    ['formula type', `${steered}formula: 3`, 8, 10, 'formula must be text, not 3'],
    ['formula list', `${steered}formula: [large]`, 8, 10, 'formula must be text or a Formula'],
    ['param range', `${steered}params: { a: { default: 3, max: 2 } }`, 8, 25, 'at most 2, not 3'],
    ['param bounds', `${steered}params: { a: { default: 3, max: 2, min: 4 } }`, 8, 41, 'above max'],
    ['param infinite', `${steered}params: { a: .inf }`, 8, 14, 'finite'],
    ['param and model', `${steered}params: { chat: 1 }`, 8, 11, 'model and a param'],
    ['param without default', `${steered}params: { a: { min: 1 } }`, 8, 14, 'default is missing'],
    ['two masks', `${steered}plausibility: { minP: 0.1, topP: 0.9 }`, 8, 15, 'both'],
    ['no mask', `${steered}plausibility: {}`, 8, 15, 'neither'],
    ['mask of none', `${steered}plausibility: { minP: 1, models: [] }`, 8, 34, 'name a model'],
    ['mask model', `${steered}plausibility: { minP: 1, models: [chta] }`, 8, 35, '`chat`'],
    ['mask bound', `${steered}plausibility: { minP: 0 }`, 8, 23, 'above 0, not 0'],
    ['sampling type', `${steered}sampling: { temperature: hot }`, 8, 26, 'not the text "hot"'],
    ['sampling range', `${steered}sampling: { topP: 2 }`, 8, 19, 'sampling: topP must be'],
    ['bias', `${steered}sampling: { logitBias: { 3: 101 } }`, 8, 29, 'logitBias.3'],
    ['bias key', `${steered}sampling: { logitBias: { x: 1 } }`, 8, 26, 'token id'],
    ['stop', `${steered}stop: ["a", ""]`, 8, 13, 'stop[1] must not be empty'],
    ['stop type', `${steered}stop: 3`, 8, 7, 'must be text or a list'],
    ['engine', `${steered}engine: { kvType: q8 }`, 8, 19, '"f16", "f32" or "q8_0"'],
    ['duplicate', `${steered}base: small`, 8, 1, '`base` is given twice'],
    ['two documents', `${steered}---\nbase: x`, 8, 1, 'one recipe'],
    ['list', '- a', 1, 1, 'YAML mapping'],
    ['nothing', '', 1, 1, 'empty'],
    ['tab', 'models:\n\tx: 1', 2, 1, 'spaces'],
    ['syntax', `${steered}name: [`, 8, 8, 'not valid YAML'],
    ['tag', 'name: !!js/function x', 1, 7, 'Unresolved tag'],
    ['alias', 'name: a\nmodels: *b', 2, 9, 'Unresolved alias'],
    ['key that is no text', `${steered}? [a]\n: 1`, 8, 3, 'keys must be strings'],
  ])('says where and what: %s', (_, text, line, column, message) => {
    const error = failureOf(() => parse(text));
    expect(error.message).toContain(message);
    expect(error.message).toContain(`/recipes/steered.yaml:${line}:${column}: `);
    expect(error).toMatchObject({ file: '/recipes/steered.yaml', line, column });
  });

  it('follows aliases to the place of a fault', () => {
    const text = 'models: { x: x.gguf }\nbase: x\nsampling: &s\n  topP: 0.5\nengine: *s';
    expect(failureOf(() => parse(text))).toMatchObject({ line: 4, column: 3 });
  });

  it('names the line where there is no file', () => {
    const error = failureOf(() => parseRecipe('a: 1', { directory: '/' }));
    expect(error.message).toMatch(/^Line 1:1: /);
    expect(error.file).toBeUndefined();
  });

  it('refuses what would exhaust the machine', { tags: ['slow'] }, () => {
    const bomb = Array.from({ length: 9 }, (_, i) => {
      const items = i === 0 ? 'x' : `*a${i - 1}`;
      return `k${i}: &a${i} [${Array.from({ length: 9 }, () => items).join(',')}]`;
    });
    expect(failureOf(() => parse(bomb.join('\n'))).message).toContain('Excessive alias');
    expect(failureOf(() => parse('['.repeat(20_000))).message).toContain('nests too deeply');
    expect(failureOf(() => parse(`name: ${'x'.repeat(2 ** 20)}`)).message).toContain('larger than');
  });

  it('gives a recipe or throws a RecipeError, whatever the text', () => {
    const parts = fc.constantFrom(
      ...'models base x x.gguf formula params 1 null __proto__ [ ] { } &a *a !x " \' | # ? % : ---'.split(
        ' ',
      ),
      ' ',
      '\n',
      '\t',
      '- ',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (text) => {
        let outcome: unknown;
        try {
          outcome = parse(`models: { x: x.gguf }\nbase: x\n${text.join('')}`);
        } catch (error) {
          outcome = error;
        }
        expect(outcome instanceof RecipeError || (outcome as Recipe).base === 'x').toBe(true);
      }),
      { numRuns: runs(300) },
    );
  });
});

describe('resolveRecipe', () => {
  const document = {
    models: { large: 'large.gguf', chat: { file: 'chat.gguf', prompt: 'raw' } },
    base: 'large',
  } as const satisfies RecipeDocument;
  const options = { directory: '/here' };

  it('takes a formula as data, and writes it in its canonical form', () => {
    const formula = sum(model('large'), scale(2, scale(0.5, logp('chat'))));
    const recipe = resolveRecipe({ ...document, formula }, options);
    expect(recipe).toMatchObject({ name: 'recipe', file: null, directory: '/here', formula });
    const raw = {
      terms: [
        {
          model: 'chat',
          space: 'logits',
          coefficient: {
            kind: 'binary',
            operator: '*',
            left: { kind: 'number', value: 2 },
            right: { kind: 'number', value: 3 },
          },
        },
      ],
    } as const;
    expect(resolveRecipe({ ...document, formula: raw }, options).formula).toEqual(
      parseFormula('6 * chat', { models: ['chat'], params: [] }),
    );
  });

  it.each([
    [{ terms: 3 }, 'Formula'],
    [{ terms: [null] }, 'Formula'],
    [{ terms: [] }, 'the end'],
    [model('nobody'), 'nobody is neither'],
    [model('large + chat'), 'must be text or a Formula'],
    [
      { terms: [{ model: 'large', space: 'logits', coefficient: { kind: 'number', value: NaN } }] },
      'NaN',
    ],
  ])('refuses a formula that is none: %j', (formula, message) => {
    const error = failureOf(() =>
      resolveRecipe({ ...document, formula: formula as never }, options),
    );
    expect(error.message).toContain(message);
  });

  it('refuses what is no document', () => {
    expect(failureOf(() => resolveRecipe(null as never, options)).message).toContain('a mapping');
    const error = failureOf(() => resolveRecipe({ ...document, base: 'big' }, options));
    expect(error).toMatchObject({ file: undefined, line: undefined });
  });
});

describe('resolveParams', () => {
  const recipe = parse(
    `${steered}params: { alpha: { default: 1, min: 0, max: 2 }, low: { default: 0, min: -1 }, any: 3 }`,
  );

  it('puts what is given over the defaults', () => {
    expect(resolveParams(recipe)).toEqual({ alpha: 1, low: 0, any: 3 });
    expect(resolveParams(recipe, { alpha: 2, any: -5 })).toEqual({ alpha: 2, low: 0, any: -5 });
  });

  it.each([
    [{ alhpa: 1 }, 'params.alhpa', 'Did you mean `alpha`?'],
    [{ zzz: 1 }, 'params.zzz', 'It declares alpha, low, any.'],
    [{ toString: 1 }, 'params.toString', 'has no param'],
    [{ alpha: 2.1 }, 'params.alpha', 'a number from 0 to 2, not 2.1'],
    [{ alpha: NaN }, 'params.alpha', 'not NaN'],
    [{ low: -2 }, 'params.low', 'at least -1'],
    [{ any: Infinity }, 'params.any', 'a finite number'],
    [{ any: '1' as unknown as number }, 'params.any', 'a finite number'],
  ])('refuses %j', (given: Record<string, number>, option, message) => {
    expect(() => resolveParams(recipe, given)).toThrow(InvalidOptionError);
    expect(() => resolveParams(recipe, given)).toThrow(message);
    expect(() => resolveParams(recipe, given)).toThrow(expect.objectContaining({ option }));
  });
});

describe('loadRecipe', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trimtab-recipe-'));
    await mkdir(join(folder, 'models'));
    await writeFile(join(folder, 'models', 'x.gguf'), 'GGUF');
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function write(name: string, text: string | Uint8Array): Promise<string> {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  }

  it('takes paths from the folder of the recipe', async () => {
    const file = await write('good one.yaml', '\uFEFFmodels: { x: models/x.gguf }\nbase: x\n');
    const recipe = await loadRecipe(file);
    expect(recipe).toMatchObject({ name: 'good-one', file, directory: folder });
    expect(recipe.models.get('x')!.source).toEqual({
      kind: 'file',
      path: join(folder, 'models', 'x.gguf'),
    });
  });

  it('says which file is missing, and where it is named', async () => {
    const text = 'models:\n  x: models/x.gguf\n  y: models/y.gguf\nbase: x\n';
    const error = await failureOfLoading(await write('missing.yaml', text));
    expect(error).toMatchObject({ line: 3, column: 6 });
    expect(error.message).toContain(join(folder, 'models', 'y.gguf'));
    expect(error.message).toContain(`seen from ${folder}`);
    const adapter = 'models: { x: { file: models/x.gguf, adapters: [{ file: a.gguf }] } }\nbase: x';
    expect(await failureOfLoading(await write('adapter.yaml', adapter))).toMatchObject({
      line: 1,
      column: 56,
      message: expect.stringContaining('models.x.adapters[0].file') as string,
    });
  });

  it('explains ~ and folders', async () => {
    const home = await write('home.yaml', 'models: { x: ~/x.gguf }\nbase: x');
    expect((await failureOfLoading(home)).message).toContain('~ is not expanded');
    const directory = await write('folder.yaml', 'models: { x: models }\nbase: x');
    expect((await failureOfLoading(directory)).message).toContain('not a file');
  });

  it('refuses what is no recipe file', async () => {
    expect((await failureOfLoading(join(folder, 'none.yaml'))).message).toContain('no such file');
    expect((await failureOfLoading(folder)).message).toContain('it is a folder');
    const binary = await write('binary.yaml', new Uint8Array([0xff, 0xfe, 0x00]));
    expect((await failureOfLoading(binary)).message).toContain('UTF-8');
    const huge = await write('huge.yaml', new Uint8Array(2 ** 20 + 1));
    expect((await failureOfLoading(huge)).message).toContain('Is it a model?');
  });

  it('looks for the files of a recipe given in code', async () => {
    const recipe = resolveRecipe(
      { models: { x: 'models/z.gguf' }, base: 'x' },
      { directory: folder },
    );
    await expect(requireRecipeFiles(recipe)).rejects.toThrow(join(folder, 'models', 'z.gguf'));
  });
});
