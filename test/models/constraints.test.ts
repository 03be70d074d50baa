import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  ConstraintError,
  resolveRecipe,
  LoadedRecipe,
  type Constraint,
  type GenerateOptions,
  type GenerationResult,
  type TokenId,
} from '../../src/index.ts';
import { temporaryFolder, writeTinyModel } from '../support/random-models.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let trimtab: LoadedRecipe;

beforeAll(async () => {
  folder = await temporaryFolder();
  const small = { embeddingLength: 32, headCount: 1 };
  const files = {
    base: await writeTinyModel(folder.path, 'base', { seed: 1 }),
    expert: await writeTinyModel(folder.path, 'expert', { ...small, seed: 2 }),
    antiExpert: await writeTinyModel(folder.path, 'anti', { ...small, seed: 3 }),
  };
  const recipe = resolveRecipe(
    {
      name: 'constrained',
      models: Object.fromEntries(
        Object.entries(files).map(([name, file]) => [name, { file, prompt: 'raw' }]),
      ),
      base: 'base',
      expert: 'expert',
      antiExpert: 'antiExpert',
      rewards: { letters: { patterns: { '[a-e]': 1 }, weight: 0 } },
      sampling: { temperature: 0 },
      engine: { maxSequences: 8, threads: 1, contextLength: 1024 },
    },
    { directory: folder.path },
  );
  trimtab = await LoadedRecipe.load(recipe);
});

afterAll(async () => {
  await trimtab[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const idsOf = ({ tokens }: GenerationResult): TokenId[] => tokens.map(({ tokenId }) => tokenId);

const segments = {
  method: 'segments',
  entropy: 3,
  threshold: 1,
  beta: 0.5,
  maxTokens: 4,
  maxTries: 3,
} as const;

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    tags: { type: 'array', items: { enum: ['a', 'b', 'ünï'] }, minItems: 1, maxItems: 3 },
    parent: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
  },
  required: ['name', 'age', 'tags', 'parent'],
  additionalProperties: false,
};

const isPerson = new Ajv2020({ strict: false }).compile(person);

describe('a constrained answer', () => {
  const asked: [string, GenerateOptions][] = [
    ['greedy', {}],
    ['sampled', { temperature: 1 }],
    ['sampled hot', { temperature: 1.5 }],
    ['rewarded', { rewards: { letters: 20 } }],
    ['rewarded and sampled hot', { rewards: { letters: 20 }, temperature: 1.5 }],
    ['within a KL budget', { klBudget: { perToken: 0.1 }, temperature: 1 }],
    ['by one model alone', { only: 'expert', temperature: 1 }],
    [
      'chosen from several',
      { guidance: { method: 'best-of', n: 3 }, rewards: { letters: 1 }, temperature: 1 },
    ],
    ['sampled by segments', { guidance: segments, rewards: { letters: 1 }, temperature: 1 }],
    ['explained', { trace: true, temperature: 1.5 }],
  ];
  it.each(asked)('parses and validates: %s', async (_, options) => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_each, seed) =>
        trimtab.generate(`who is ${seed}?`, {
          maxTokens: 120,
          seed,
          ...options,
          constraint: { jsonSchema: person },
        }),
      ),
    );
    for (const { text, finishReason } of answers) {
      expect(JSON.parse(text)).toSatisfy(isPerson);
      expect(finishReason).toBe('stop');
    }
  });

  it('is what the composition says wherever that is allowed', async () => {
    const constraint: Constraint = { regex: '[\\s\\S]*' };
    let compared = 0;
    for (let i = 0; i < 20; i++) {
      const free = await trimtab.generate(`anything ${i}`, { maxTokens: 12 });
      const any = await trimtab.generate(`anything ${i}`, { maxTokens: 12, constraint });
      // A constraint knows only well-formed text; up to the first odd byte both are the same.
      const odd = free.tokens.findIndex(({ text }) => text.includes('\uFFFD'));
      const length = odd === -1 ? free.tokens.length : odd;
      expect(idsOf(any).slice(0, length)).toEqual(idsOf(free).slice(0, length));
      compared += length;
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('spells what is forced without sampling it, to the same text', async () => {
    const constraint: Constraint = { regex: 'The answer to your question is: (yes|no)' };
    const undrafted = { maxTokens: 60, constraint, speculation: 'off' };
    const fast = await trimtab.generate('is it?', undrafted);
    const slow = await trimtab.generate('is it?', { ...undrafted, logprobs: true });
    expect(fast.text).toMatch(/^The answer to your question is: (yes|no)$/);
    expect(idsOf(slow)).toEqual(idsOf(fast));
    const forwards = ({ usage }: GenerationResult) => usage.models['base']!.forwards;
    expect(forwards(fast)).toBeLessThan(fast.tokens.length / 2);
    // Whoever wants their log-probs has some of them computed at once.
    expect(forwards(slow)).toBeGreaterThan(forwards(fast));
    expect(forwards(slow)).toBeLessThan(slow.tokens.length / 2);
    let streamed = '';
    const stream = trimtab.stream('is it?', { maxTokens: 60, constraint });
    for await (const { text } of stream) streamed += text;
    expect(streamed).toBe(fast.text);
  });

  it('is the same whether or not anybody asks for log-probs', async () => {
    const constraint: Constraint = { jsonSchema: person };
    for (let seed = 0; seed < 4; seed++) {
      const options = { maxTokens: 120, temperature: 1.2, seed, constraint } as const;
      const budget = { klBudget: { perAnswer: 20 } } as const;
      const plain = await trimtab.generate('who?', { ...options, ...budget });
      const explained = await trimtab.generate('who?', { ...options, ...budget, trace: true });
      expect(explained.text).toBe(plain.text);
      expect(explained.kl).toBe(plain.kl);
    }
  });

  it('closes in time when tokens run out, and says so when there are too few', async () => {
    const constraint: Constraint = { jsonSchema: person };
    for (const maxTokens of [42, 50, 60, 80, 100]) {
      const { text, tokens } = await trimtab.generate('who?', {
        maxTokens,
        temperature: 1.5,
        seed: maxTokens,
        constraint,
      });
      expect(JSON.parse(text)).toSatisfy(isPerson);
      expect(tokens.length).toBeLessThanOrEqual(maxTokens);
    }
    const short = trimtab.generate('who?', { maxTokens: 3, constraint });
    await expect(short).rejects.toThrow(ConstraintError);
    await expect(short).rejects.toThrow(/tokens/);
  });

  it('keeps stop strings and choices', async () => {
    const choice = ['red', 'green', 'blue'];
    for (let seed = 0; seed < 6; seed++) {
      const options = { seed, temperature: 1.5, maxTokens: 10, constraint: { choice } };
      expect(choice).toContain((await trimtab.generate('which?', options)).text);
    }
    const cut = { maxTokens: 20, stop: 'x', constraint: { regex: 'aaaaaaaxbbbbbbb' } };
    expect((await trimtab.generate('cut', cut)).text).toBe('aaaaaaa');
    const grammar = 'root ::= "(" root ")" | "x"';
    const { text } = await trimtab.generate('nested', { maxTokens: 15, constraint: { grammar } });
    expect(text).toMatch(/^(\(*)x(\)*)$/);
  });

  it.each([
    [
      'a keyword that is not supported',
      { jsonSchema: { unevaluatedItems: {} } },
      /unevaluatedItems/,
    ],
    ['a broken regular expression', { regex: '(a' }, /\(|group|parenthes/i],
    ['a grammar without a root', { grammar: 'a ::= "b"' }, /root/],
    ['no choice', { choice: [] }, /choice/],
    ['two at once', { regex: 'a', choice: ['b'] }, /regex|choice/],
  ] as [string, Constraint, RegExp][])(
    'refuses %s, and goes on',
    async (_, constraint, message) => {
      const refused = trimtab.generate('no', { constraint });
      await expect(refused).rejects.toThrow(ConstraintError);
      await expect(refused).rejects.toThrow(message);
      expect((await trimtab.generate('yes', { maxTokens: 2 })).tokens).toHaveLength(2);
    },
  );
});
