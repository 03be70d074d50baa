import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { compileConstraint } from '../grammar/index.ts';
import { InvalidOptionError, RecipeError, type Guidance, type KlBudget } from '../spec/index.ts';
import {
  loadRecipe,
  parseRecipe,
  requireRecipeConstraint,
  requireRecipeFiles,
  resolveGuidance,
  resolveKlBudget,
  resolveParams,
  resolveRecipe,
  resolveRewards,
  type Recipe,
} from './index.ts';

// What steers beside the formula: rewards, guidance, KL budgets, constraints.

const place = { directory: '/recipes', file: '/recipes/steered.yaml' };
const parse = (text: string): Recipe => parseRecipe(text, place);

/** Six lines; tests append to it. */
const base = `models:
  large: large.gguf
  judge: judge.gguf
  cheerful: { file: small.gguf, system: Be cheerful. }
  plain: { file: small.gguf, system: null }
base: large
`;

function failureOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing is wrong.');
}

describe('rewards', () => {
  it('are read whole, with their defaults', () => {
    const recipe = parse(`${base}rewards:
  scalar: { model: judge, head: cheer, headFile: heads/h.safetensors, scope: both, weight: 1.5,
            normalization: { mean: 0.1, deviation: 0.4 }, bounds: { min: -1, max: 2 }, timeoutMs: 50 }
  judged: { model: judge, weight: 0 }
  lively: { nextToken: judge, weight: -2 }
  drift: { attribute: cheerful, neutral: plain }
  joy: { attribute: cheerful, neutral: plain, answerTokens: 41.5 }
  polite: { words: { please: 1, "thank you": 1, stupid: -2 }, caseSensitive: true }
  digits: { patterns: { "[0-9]+": 0.2 } }
  short: { length: { target: 40 } }
  long: { length: { target: 9, unit: sentences } }
  simple: { readability: { grade: 8 }, weight: 0 }
  own: { module: ./my-reward.mjs, scope: prefix, options: { depth: [1, null] } }
  free: { module: /other.mjs, bounds: { max: 1 } }
`);
    const shared = { weight: 1, normalization: null, bounds: null, timeoutMs: 1000 };
    expect([...recipe.rewards.values()]).toEqual([
      {
        name: 'scalar',
        source: {
          kind: 'scalar',
          model: 'judge',
          head: 'cheer',
          headFile: '/recipes/heads/h.safetensors',
          scope: 'both',
        },
        weight: 1.5,
        normalization: { mean: 0.1, deviation: 0.4 },
        bounds: { min: -1, max: 2 },
        timeoutMs: 50,
      },
      {
        ...shared,
        name: 'judged',
        source: { kind: 'scalar', model: 'judge', head: null, headFile: null, scope: 'answer' },
        weight: 0,
      },
      { ...shared, name: 'lively', source: { kind: 'next-token', model: 'judge' }, weight: -2 },
      {
        ...shared,
        name: 'drift',
        source: { kind: 'attribute', model: 'cheerful', neutral: 'plain', answerTokens: null },
      },
      {
        ...shared,
        name: 'joy',
        source: { kind: 'attribute', model: 'cheerful', neutral: 'plain', answerTokens: 41.5 },
      },
      {
        ...shared,
        name: 'polite',
        source: {
          kind: 'words',
          words: new Map([
            ['please', 1],
            ['thank you', 1],
            ['stupid', -2],
          ]),
          caseSensitive: true,
        },
      },
      {
        ...shared,
        name: 'digits',
        source: { kind: 'patterns', patterns: new Map([['[0-9]+', 0.2]]) },
      },
      { ...shared, name: 'short', source: { kind: 'length', target: 40, unit: 'words' } },
      { ...shared, name: 'long', source: { kind: 'length', target: 9, unit: 'sentences' } },
      { ...shared, name: 'simple', source: { kind: 'readability', grade: 8 }, weight: 0 },
      {
        ...shared,
        name: 'own',
        source: {
          kind: 'module',
          file: '/recipes/my-reward.mjs',
          scope: 'prefix',
          options: { depth: [1, null] },
        },
      },
      {
        ...shared,
        name: 'free',
        source: { kind: 'module', file: '/other.mjs', scope: null, options: null },
        bounds: { max: 1 },
      },
    ]);
    expect(recipe.warnings).toEqual([expect.stringContaining('hardly brings "thank you" about')]);
    expect(recipe.guidance).toEqual({ method: 'args', candidates: 10 });
    expect(recipe.params.get('rewardWeight')).toMatchObject({ default: 1, min: 0, max: 10 });
  });

  it('bring the param of their weight, which a recipe may declare itself', () => {
    const none = parse(base);
    expect(none).toMatchObject({ rewards: new Map(), klBudget: null, constraint: null });
    expect(none.params.size).toBe(0);
    const reward = 'rewards: { polite: { words: { please: 1 } } }\n';
    const own = parse(`${base}${reward}params: { rewardWeight: { default: 3, max: 4 } }`);
    expect(own.params.get('rewardWeight')).toMatchObject({ default: 3, min: -Infinity, max: 4 });
    expect(own.warnings.filter((text) => text.includes('rewardWeight'))).toEqual([]);
    const unused = parse(`${base}params: { rewardWeight: 1 }`);
    expect(unused.warnings[0]).toContain('param rewardWeight does nothing');
    const clash = base.replace('judge:', 'rewardWeight:');
    expect(failureOf(() => parse(`${clash}${reward}`))).toMatchObject({ line: 3, column: 3 });
  });

  it('count as uses of their models', () => {
    const text = `${base}rewards: { drift: { attribute: cheerful, neutral: plain } }`;
    expect(parse(text).warnings).toEqual([expect.stringContaining('The model judge')]);
  });

  it.each([
    ['args', 'grade: { readability: { grade: 8 } }', ['grade is for whole answers']],
    ['rad', 'own: { module: m.mjs, scope: answer }', ['own is for whole answers']],
    ['segments', 'scalar: { model: judge }', ['scalar is for whole answers']],
    ['best-of', 'scalar: { model: judge }', []],
    ['best-of', 'own: { module: m.mjs, scope: prefix }', ['own is for unfinished answers']],
    ['args', 'grade: { readability: { grade: 8 }, weight: 0 }', []],
    ['args', 'scalar: { model: judge, scope: both }', []],
    ['args', 'polite: { words: { please: 1, if you may: 1 } }', ['among the 10 best. Use best-of']],
    ['rad', 'polite: { words: { shut up: -1 }, weight: -2 }', ['hardly brings "shut up" about']],
    ['args', 'polite: { words: { shut up: -1, please: 1 } }', []],
    ['best-of', 'polite: { words: { thank you: 1 } }', []],
    ['rad', 'short: { length: { target: 9 } }', ['short does nothing: rad clamps']],
    ['args', 'short: { length: { target: 9 } }', []],
  ])('warn where %s hardly hears them: %s', (method, reward, expected) => {
    const { warnings } = parse(`${base}guidance: { method: ${method} }\nrewards: { ${reward} }`);
    const ofScope = warnings.filter((text) => text.startsWith('The reward'));
    expect(ofScope).toEqual(expected.map((text) => expect.stringContaining(text) as string));
  });

  it('refuse names that objects do not keep', () => {
    const failure = (text: string) => failureOf(() => parse(`${base}${text}`));
    expect(failure('rewards: { __proto__: { words: { a: 1 } } }')).toMatchObject({ line: 7 });
    const word = failure('rewards: { polite: { words: { __proto__: 1, a: 1 } } }');
    expect(word).toMatchObject({ line: 7, column: 31 });
    const own = parse(`${base}rewards: { polite: { words: { constructor: 1 } } }`);
    expect(own.rewards.get('polite')!.source).toMatchObject({
      words: new Map([['constructor', 1]]),
    });
  });
});

describe.each([
  [
    'no kind',
    'rewards: { x: { weight: 1 } }',
    15,
    'give one of model, nextToken, attribute, words',
  ],
  [
    'two kinds',
    'rewards: { x: { words: { a: 1 }, patterns: { b: 1 } } }',
    15,
    'both words and patterns',
  ],
  ['unknown key', 'rewards: { x: { word: { a: 1 } } }', 17, 'Did you mean `words`?'],
  [
    'foreign key',
    'rewards: { x: { words: { a: 1 }, head: h } }',
    40,
    'head belongs to model, not to words',
  ],
  [
    'foreign case',
    'rewards: { x: { patterns: { a: 1 }, caseSensitive: true } }',
    52,
    'caseSensitive belongs to words',
  ],
  [
    'foreign options',
    'rewards: { x: { words: { a: 1 }, options: {} } }',
    43,
    'options belongs to module',
  ],
  [
    'foreign file',
    'rewards: { x: { module: m.mjs, headFile: h } }',
    42,
    'headFile belongs to model',
  ],
  [
    'foreign neutral',
    'rewards: { x: { nextToken: judge, neutral: plain } }',
    44,
    'belongs to attribute',
  ],
  [
    'foreign bounds',
    'rewards: { x: { words: { a: 1 }, bounds: { max: 1 } } }',
    42,
    'bounds belongs to model',
  ],
  [
    'bounds that cross',
    'rewards: { x: { model: judge, bounds: { min: 1, max: 0 } } }',
    39,
    'has a min of 1, which is above its max of 0',
  ],
  [
    'no bounds',
    'rewards: { x: { model: judge, bounds: {} } }',
    39,
    'rewards.x.bounds is empty: give min, max, or both',
  ],
  ['foreign scope', 'rewards: { x: { words: { a: 1 }, scope: both } }', 41, 'belongs to model'],
  ['unknown model', 'rewards: { x: { model: jugde } }', 24, 'Did you mean `judge`?'],
  ['far model', 'rewards: { x: { nextToken: q } }', 28, 'The models are large, judge'],
  ['no neutral', 'rewards: { x: { attribute: cheerful } }', 15, 'rewards.x.neutral is missing'],
  [
    'two files',
    'rewards: { x: { attribute: cheerful, neutral: large } }',
    47,
    'two views of one file',
  ],
  ['one view', 'rewards: { x: { attribute: plain, neutral: plain } }', 44, 'both are plain'],
  ['reward name', 'rewards: { a-b: { words: { a: 1 } } }', 12, 'letters, digits and _'],
  ['weight', 'rewards: { x: { words: { a: 1 }, weight: 1001 } }', 42, 'at most 1000, not 1001'],
  ['infinite weight', 'rewards: { x: { words: { a: 1 }, weight: .inf } }', 42, 'finite'],
  [
    'word weight',
    'rewards: { x: { words: { a: much } } }',
    29,
    'a finite number, not the text "much"',
  ],
  [
    'deviation',
    'rewards: { x: { words: { a: 1 }, normalization: { mean: 0, deviation: 0 } } }',
    71,
    'above 0',
  ],
  [
    'no mean',
    'rewards: { x: { words: { a: 1 }, normalization: { deviation: 1 } } }',
    49,
    'mean is missing',
  ],
  ['unit', 'rewards: { x: { length: { target: 4, unit: word } } }', 44, 'Did you mean `words`?'],
  ['target', 'rewards: { x: { length: { target: 0 } } }', 35, 'above 0, not 0'],
  ['scope', 'rewards: { x: { model: judge, scope: all } }', 38, '"prefix", "answer" or "both"'],
  ['timeout', 'rewards: { x: { words: { a: 1 }, timeoutMs: 0 } }', 45, 'at least 1'],
  ['method', 'guidance: { method: arg }', 21, 'Did you mean `args`?'],
  ['no method', 'guidance: { candidates: 3 }', 11, 'method is missing'],
  ['foreign setting', 'guidance: { method: args, n: 3 }', 30, 'guidance has no key `n`'],
  [
    'candidates',
    'guidance: { method: args, candidates: 257 }',
    39,
    'an integer from 1 to 256, not 257',
  ],
  [
    'half a candidate',
    'guidance: { method: rad, candidates: 2.5 }',
    38,
    'an integer from 1 to 256, not 2.5',
  ],
  ['answers', 'guidance: { method: best-of, n: 65 }', 33, 'from 1 to 64, not 65'],
  ['beta', 'guidance: { method: segments, beta: 0 }', 37, 'a number above 0, not 0'],
  ['budget', 'klBudget: { perToken: -1 }', 23, 'at least 0, not -1'],
  ['no budget', 'klBudget: {}', 11, 'neither perToken nor perAnswer'],
  ['budget key', 'klBudget: { pertoken: 1 }', 13, 'Did you mean `perToken`?'],
  ['no constraint', 'constraint: {}', 13, 'give one of jsonSchema'],
  ['two constraints', 'constraint: { regex: a, choice: [b] }', 13, 'both regex and choice'],
  ['constraint key', 'constraint: { json_schema: {} }', 15, 'Did you mean `jsonSchema`?'],
  ['no choice', 'constraint: { choice: [] }', 23, 'at least 1'],
  ['schema text', 'constraint: { jsonSchema: "{}" }', 27, 'a mapping'],
  [
    'file unread',
    'constraint: { grammarFile: x.gbnf }',
    28,
    'give grammar with what is in the file',
  ],
] as const)('a recipe with a fault: %s', (_, line, column, message) => {
  it('says where and what', () => {
    const error = failureOf(() => parse(`${base}${line}`));
    expect(error).toBeInstanceOf(RecipeError);
    expect((error as RecipeError).message).toContain(message);
    expect(error).toMatchObject({ file: place.file, line: 7, column });
  });
});

describe('guidance and budgets', () => {
  it.each([
    ['args', { candidates: 10 }],
    ['rad', { candidates: 10 }],
    ['segments', { entropy: 3, threshold: 1, beta: 0.7, maxTokens: 32, maxTries: 8 }],
    ['best-of', { n: 8 }],
  ])('%s has defaults for all its settings', (method, settings) => {
    const complete = { method, ...settings };
    expect(parse(`${base}guidance: { method: ${method} }`).guidance).toEqual(complete);
    expect(resolveGuidance(parse(base), { method } as Guidance)).toEqual(complete);
  });

  it.each(['args', 'segments', 'best-of'] as const)('%s is documented as it is', async (method) => {
    const text = await readFile(new URL('../../docs/recipes.md', import.meta.url), 'utf8');
    const [, row] = new RegExp(`^\\| \\[?\`${method}\`.*\\|([^|]*)\\|$`, 'm').exec(text)!;
    const { method: _, ...settings } = resolveGuidance(parse(base), { method } as Guidance);
    for (const [name, value] of Object.entries(settings)) {
      expect(row).toMatch(new RegExp(`\`${name}\`[a-z ]* \\(${value}[,)]`));
    }
  });

  it('are the recipe’s unless a request has its own', () => {
    const recipe = parse(`${base}guidance: { method: best-of, n: 3 }\nklBudget: { perAnswer: 20 }`);
    expect(resolveGuidance(recipe, undefined)).toEqual({ method: 'best-of', n: 3 });
    const own = {
      method: 'segments',
      entropy: 0,
      threshold: -5,
      beta: 1,
      maxTokens: 1,
      maxTries: 1,
    };
    expect(resolveGuidance(recipe, own as Guidance)).toEqual(own);
    expect(resolveKlBudget(recipe, undefined)).toEqual({ perAnswer: 20 });
    expect(resolveKlBudget(recipe, null)).toBeNull();
    expect(resolveKlBudget(recipe, { perToken: 0 })).toEqual({ perToken: 0 });
    expect(resolveKlBudget(parse(base), undefined)).toBeNull();
  });

  it.each([
    [
      { method: 'arg' },
      'guidance.method',
      'must be args, rad, segments, best-of, not "arg". Did you',
    ],
    [{ method: 'args', n: 4 }, 'guidance.n', 'no key `n`'],
    [{ method: 'args', kandidates: 4 }, 'guidance.kandidates', 'Did you mean `candidates`?'],
    [{ method: 'args', candidates: 0 }, 'guidance.candidates', 'an integer from 1 to 256, not 0'],
    [{ method: 'args', candidates: '9' }, 'guidance.candidates', 'not "9"'],
    [{ method: 'segments', threshold: NaN }, 'guidance.threshold', 'a finite number, not NaN'],
    [{ method: 'segments', beta: 0 }, 'guidance.beta', 'above 0'],
    [{ method: 'best-of', n: 65 }, 'guidance.n', 'from 1 to 64'],
    [{}, 'guidance.method', 'not undefined'],
    ['args', 'guidance', 'an object'],
    [null, 'guidance', 'an object'],
  ])('of a request are checked: %j', (given, option, message) => {
    const error = failureOf(() => resolveGuidance(parse(base), given as Guidance));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option, message: expect.stringContaining(message) as string });
  });

  it.each([
    [{ perToken: -1 }, 'klBudget.perToken', 'a number of at least 0, not -1'],
    [{ perAnswer: Infinity }, 'klBudget.perAnswer', 'not Infinity'],
    [{ perAnswers: 1 }, 'klBudget.perAnswers', 'Did you mean `perAnswer`?'],
    [{}, 'klBudget', 'neither'],
    [3, 'klBudget', 'an object'],
  ])('in nats are checked: %j', (given, option, message) => {
    const error = failureOf(() => resolveKlBudget(parse(base), given as KlBudget));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option, message: expect.stringContaining(message) as string });
  });
});

describe('resolveRewards', () => {
  const recipe = parse(`${base}rewards:
  polite: { words: { please: 1 }, weight: 2 }
  judged: { model: judge, weight: 0 }
  short: { length: { target: 40 } }
`);

  it('gives those whose weight is not 0, in the recipe’s order', () => {
    const polite = { name: 'polite', weight: 2 };
    const short = { name: 'short', weight: 1 };
    expect(resolveRewards(recipe, {})).toEqual([polite, short]);
    expect(resolveRewards(recipe, { rewards: { short: -3, judged: 0.5, polite: 0 } })).toEqual([
      { name: 'judged', weight: 0.5 },
      { name: 'short', weight: -3 },
    ]);
    expect(resolveRewards(recipe, { params: { rewardWeight: 2 }, rewards: { short: 4 } })).toEqual([
      { name: 'polite', weight: 4 },
      { name: 'short', weight: 8 },
    ]);
    expect(resolveRewards(recipe, { params: { rewardWeight: 0 } })).toEqual([]);
    expect(resolveRewards(parse(base), {})).toEqual([]);
    expect(resolveParams(recipe)).toEqual({ rewardWeight: 1 });
  });

  it.each([
    [{ rewards: { polit: 1 } }, 'rewards.polit', 'Did you mean `polite`?'],
    [{ rewards: { zzz: 1 } }, 'rewards.zzz', 'It has polite, judged, short.'],
    [{ rewards: { toString: 1 } }, 'rewards.toString', 'has no reward'],
    [{ rewards: { polite: NaN } }, 'rewards.polite', 'a number from -1000 to 1000, not NaN'],
    [{ rewards: { polite: -1001 } }, 'rewards.polite', 'not -1001'],
    [{ params: { rewardWeight: 11 } }, 'params.rewardWeight', 'a number from 0 to 10, not 11'],
    [{ params: { weight: 1 } }, 'params.weight', 'has no param'],
  ])('refuses %j', (options: Parameters<typeof resolveRewards>[1], option, message) => {
    const error = failureOf(() => resolveRewards(recipe, options));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option, message: expect.stringContaining(message) as string });
  });

  it('refuses weights where there are no rewards', () => {
    const error = failureOf(() => resolveRewards(parse(base), { rewards: { polite: 1 } }));
    expect(error).toMatchObject({ message: expect.stringContaining('It has none.') as string });
  });
});

describe('a constraint', () => {
  it.each([
    [{ regex: '[0-9]+' }],
    [{ choice: ['yes', 'no'] }],
    [{ grammar: 'root ::= "a"' }],
    [{ jsonSchema: { type: 'object', properties: { a: { type: 'integer' } } } }],
    [{ jsonSchema: true }],
  ])('is taken as it is: %j', (constraint) => {
    expect(parse(`${base}constraint: ${JSON.stringify(constraint)}`).constraint).toEqual(
      constraint,
    );
    const document = { models: { x: 'x.gguf' }, base: 'x', constraint };
    expect(resolveRecipe(document, { directory: '/' }).constraint).toEqual(constraint);
  });

  it.each([
    [{ regex: 'a(b' }, 'constraint.regex: The regular expression has a ( that is never closed'],
    [{ jsonSchema: { type: 'int' } }, 'constraint.jsonSchema: type at #/type must be'],
  ])('is compiled by whoever has a compiler: %j', async (constraint, message) => {
    const recipe = parse(`${base}constraint: ${JSON.stringify(constraint)}`);
    const refusal = requireRecipeConstraint(recipe, compileConstraint);
    await expect(refusal).rejects.toThrow(RecipeError);
    await expect(refusal).rejects.toThrow(message);
    await requireRecipeConstraint(parse(base), compileConstraint);
    await requireRecipeConstraint(parse(`${base}constraint: { regex: a }`), compileConstraint);
  });
});

describe('the files of a recipe', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trimtab-steering-'));
    await mkdir(join(folder, 'parts'));
    await write('x.gguf', 'GGUF');
    await write('parts/head.safetensors', '');
    await write('parts/reward.mjs', '');
    await write('parts/schema.json', '{ "type": "string" }');
    await write('parts/list.json', '[1]');
    await write('parts/broken.json', '{ "type": ');
    await write('parts/unknown.json', '{ "type": "strin" }');
    await write('parts/wrong.gbnf', 'root ::= foo');
    await write('parts/grammar.gbnf', 'root ::= "ä"');
    await write('parts/binary.gbnf', new Uint8Array([0xff, 0xfe]));
    await write('parts/huge.gbnf', new Uint8Array(2 ** 20 + 1));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = (name: string, text: string | Uint8Array) => writeFile(join(folder, name), text);
  const load = async (text: string): Promise<Recipe> => {
    await write('recipe.yaml', `models: { x: x.gguf }\nbase: x\n${text}`);
    return loadRecipe(join(folder, 'recipe.yaml'));
  };

  const failureOfLoading = (text: string): Promise<unknown> =>
    load(text).then(
      () => undefined,
      (reason: unknown) => reason,
    );

  it('give the constraint', async () => {
    const schema = await load('constraint: { jsonSchemaFile: parts/schema.json }');
    expect(schema.constraint).toEqual({ jsonSchema: { type: 'string' } });
    const grammar = await load('constraint: { grammarFile: ./parts/grammar.gbnf }');
    expect(grammar.constraint).toEqual({ grammar: 'root ::= "ä"' });
  });

  it('are there for rewards', async () => {
    const { rewards } = await load(
      'rewards: { a: { model: x, headFile: parts/head.safetensors, scope: both }, b: { module: parts/reward.mjs } }',
    );
    expect(rewards.size).toBe(2);
  });

  it.each([
    [
      'constraint: { jsonSchemaFile: parts/none.json }',
      31,
      'constraint.jsonSchemaFile: there is no',
    ],
    ['constraint: { jsonSchemaFile: parts/list.json }', 31, 'it must hold an object, or true'],
    ['constraint: { jsonSchemaFile: parts/broken.json }', 31, 'is not a JSON Schema'],
    ['constraint: { jsonSchemaFile: parts/unknown.json }', 31, '#/type must be'],
    ['constraint: { grammarFile: parts/wrong.gbnf }', 28, 'rule foo'],
    ['constraint: { grammarFile: parts/binary.gbnf }', 28, 'it is not text in UTF-8'],
    ['constraint: { grammarFile: parts/huge.gbnf }', 28, 'a constraint has at most 1048576'],
    ['constraint: { grammarFile: parts }', 28, 'this is not a file'],
    ['constraint: { grammarFile: 3 }', 28, 'must be text, not 3'],
    [
      'rewards: { a: { model: x, headFile: no.safetensors } }',
      37,
      'rewards.a.headFile: there is no file',
    ],
    ['rewards: { a: { module: no.mjs } }', 25, 'rewards.a.module: there is no file'],
  ])('are looked for: %s', async (text, column, message) => {
    const error = await failureOfLoading(text);
    expect(error).toBeInstanceOf(RecipeError);
    expect(error).toMatchObject({
      line: 3,
      column,
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [
      "constraint: { jsonSchema: { properties: { 'a/b': { type: int } } } }",
      58,
      'constraint.jsonSchema: type at #/properties/a~1b/type must be',
    ],
    [
      "constraint: { regex: 'a(b' }",
      24,
      'constraint.regex: The regular expression has a ( that is never closed',
    ],
    ['constraint: { grammar: root ::= foo }', 33, 'refers to the rule foo'],
    ['constraint: { jsonSchema: false }', 27, 'No value fits the schema'],
  ])('have a constraint that compiles: %s', async (text, column, message) => {
    const error = await failureOfLoading(text);
    expect(error).toBeInstanceOf(RecipeError);
    expect(error).toMatchObject({
      line: 3,
      column,
      message: expect.stringContaining(message) as string,
    });
  });

  it('are looked for in a recipe given in code', async () => {
    const recipe = resolveRecipe(
      { models: { x: 'x.gguf' }, base: 'x', rewards: { own: { module: 'no.mjs' } } },
      { directory: folder },
    );
    await expect(requireRecipeFiles(recipe)).rejects.toThrow(join(folder, 'no.mjs'));
  });
});
