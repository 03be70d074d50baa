import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { parseBasisText } from '../preference/index.ts';
import { RecipeError } from '../spec/index.ts';
import { loadRecipe, parseRecipe, type Recipe } from './index.ts';
import { resolveDocument } from './resolve.ts';
import { readYaml } from './yaml-source.ts';

const place = { directory: '/recipes', file: '/recipes/profiled.yaml' };
const parse = (text: string): Recipe => parseRecipe(text, place);

/** Nine lines; tests append to it. */
const base = `models: { large: large.gguf, small: small.gguf, judge: judge.gguf }
base: large
formula: large + joy * (small - large)
params: { joy: { default: 0, min: -1, max: 1 } }
rewards:
  cheer: { model: judge, head: cheer, normalization: { mean: 0.5, deviation: 0.2 } }
  brief: { model: judge, head: brief, scope: both, normalization: { mean: 1, deviation: 2 } }
  loose: { words: { a: 1 } }
  early: { module: early.mjs, scope: prefix, normalization: { mean: 0, deviation: 1 } }
`;

const words = 'high: more, low: less';
const profile = (attributes: string, rest = 'prompts: [Who?]') =>
  `profile: { attributes: { ${attributes} }, ${rest} }`;

it('is read whole, with its defaults', () => {
  const attributes = `cheerful: { reward: cheer, param: joy, ${words} }, brief: { reward: brief, ${words} }`;
  const recipe = parse(`${base}${profile(attributes, 'prompts: [Who?, Where?, Who?]')}`);
  const same = { high: 'more', low: 'less' };
  expect(recipe.profile).toEqual({
    attributes: [
      {
        ...same,
        name: 'cheerful',
        reward: 'cheer',
        param: 'joy',
        normalization: { mean: 0.5, deviation: 0.2 },
        isPerToken: false,
      },
      {
        ...same,
        name: 'brief',
        reward: 'brief',
        param: null,
        normalization: { mean: 1, deviation: 2 },
        isPerToken: false,
      },
    ],
    prompts: ['Who?', 'Where?'],
    maxTokens: 64,
    strength: 1,
    caution: 1,
    prior: null,
    klBudget: null,
  });
  const settings =
    'prompts: [Who?], maxTokens: 9, strength: 2, caution: 0, klBudget: { perAnswer: 3 }';
  expect(parse(`${base}${profile(attributes, settings)}`).profile).toMatchObject({
    maxTokens: 9,
    strength: 2,
    caution: 0,
    klBudget: { perAnswer: 3 },
  });
  expect(parse(base).profile).toBeNull();
});

it('lets a reward of whole answers choose among them', () => {
  const text = `${base}${profile(`cheerful: { reward: cheer, ${words} }`)}\nguidance: { method: best-of }`;
  expect(parse(text).profile!.attributes).toHaveLength(1);
});

describe.each([
  ['unknown reward', profile(`x: { reward: cheerr, ${words} }`), 'cheerr', 'Did you mean `cheer`?'],
  ['far reward', profile(`x: { reward: q, ${words} }`), 'q,', 'The rewards are cheer, brief'],
  ['unknown param', profile(`x: { reward: brief, param: jo, ${words} }`), 'jo,', 'no param jo.'],
  [
    'weight of all',
    profile(`x: { reward: brief, param: rewardWeight, ${words} }`),
    'rewardWeight',
    'rewardWeight multiplies all rewards',
  ],
  ['unmeasured', profile(`x: { reward: loose, ${words} }`), 'loose', 'loose has no normalization'],
  ['prefix', profile(`x: { reward: early, ${words} }`), 'early', 'measured on whole ones'],
  [
    'whole',
    profile(`x: { reward: cheer, ${words} }`),
    'cheer',
    'use guidance: { method: best-of }',
  ],
  [
    'one measure',
    profile(`x: { reward: brief, ${words} }, y: { reward: brief, ${words} }`),
    'brief',
    'brief is also the reward of x',
  ],
  [
    'one param',
    profile(
      `x: { reward: brief, param: joy, ${words} }, y: { reward: cheer, param: joy, ${words} }`,
    ),
    'joy',
    'joy is also the param of x',
  ],
  ['no attributes', profile(''), '{  }', 'must name 1 to 32 attributes, not 0'],
  ['name', profile(`_x: { reward: brief, ${words} }`), '_x', 'starts with a letter'],
  ['prototype', profile(`__proto__: { reward: brief, ${words} }`), '__proto__', 'have this name'],
  ['no words', profile('x: { reward: brief, high: more }'), '{ reward', 'low is missing'],
  ['no prompts', profile(`x: { reward: brief, ${words} }`, 'prompts: []'), '[]', 'at least 1'],
  [
    'strength',
    profile(`x: { reward: brief, ${words} }`, 'prompts: [Who?], strength: 0'),
    '0 }',
    'above 0',
  ],
  [
    'budget',
    profile(`x: { reward: brief, ${words} }`, 'prompts: [Who?], klBudget: { perToken: -1 }'),
    '-1',
    'profile.klBudget.perToken must be a number of at least 0',
  ],
  ['key', profile(`x: { rewards: brief, ${words} }`), 'rewards', 'Did you mean `reward`?'],
] as const)('a profile with a fault: %s', (_, line, fault, message) => {
  it('says where and what', () => {
    let error: unknown;
    try {
      parse(`${base}${line}`);
    } catch (reason) {
      error = reason;
    }
    expect(error).toBeInstanceOf(RecipeError);
    expect((error as RecipeError).message).toContain(message);
    const column = line.lastIndexOf(fault) + 1;
    expect(error).toMatchObject({ file: place.file, line: 10, column });
  });
});

describe('a prior', () => {
  const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));

  it("is the population's of the basis that measures the attributes", async () => {
    const recipe = await loadRecipe(`${folder}atlas-learned.yaml`);
    const text = await readFile(`${folder}../models/atlas-basis.json`, 'utf8');
    expect(recipe.profile!.prior).toEqual(parseBasisText(text).prior);
  });

  it.each([
    ['is read where a recipe is loaded from its file', base, { prior: null }],
    ['cheer, which is no head of that file', base, { prior: '{}' }],
    [
      '"cheer": it has',
      base.replaceAll('head: cheer,', 'head: cheer, headFile: basis.json,'),
      { prior: 'atlas' },
    ],
    [
      'no JSON',
      base.replaceAll('head: cheer,', 'head: cheer, headFile: basis.json,'),
      { prior: '{' },
    ],
  ])('is refused: %s', async (says, recipe, texts) => {
    const attributes = `cheerful: { reward: cheer, param: joy, ${words} }`;
    const document = `${recipe}${profile(attributes, 'prior: basis.json, prompts: [Who?]')}`;
    const source = readYaml(document, place.file);
    const atlas = await readFile(`${folder}../models/atlas-basis.json`, 'utf8');
    const prior = texts.prior === 'atlas' ? atlas : texts.prior;
    const reading = () => resolveDocument(source.value, place, source, { constraint: null, prior });
    expect(reading).toThrow(RecipeError);
    expect(reading).toThrow(says);
  });
});
