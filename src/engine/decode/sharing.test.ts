import { describe, expect, it } from 'vitest';

import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type {
  FakeModelOptions,
  FakePass,
} from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { untilTurn } from '../../../test/support/until.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = pieceVocabulary(Array.from('abcdefgh', (letter) => Buffer.from(letter)));
/** Costs nothing, and never ends. */
const logits = ({ length }: readonly number[]) =>
  [0, 0, 0, 0, 0, 0, 0, 0, -99, -99].with(length % 8, 1);

async function load(document: Partial<RecipeDocument> = {}, given: FakeModelOptions = {}) {
  const passes: FakePass[] = [];
  const fake: FakeModelOptions = {
    vocabulary,
    logits,
    onPass: (pass) => void passes.push(pass),
    ...given,
  };
  const { loader, loaded } = fakeLoader({ base: fake });
  const recipe = fakeRecipe({
    models: { base: { file: 'base.gguf', prompt: 'raw' } },
    formula: 'base',
    params: {},
    ...document,
    engine: { contextLength: 2048, maxSequences: 4, ...document.engine },
  });
  const trimtab = await LoadedRecipe.load(recipe, { loader });
  return { trimtab, passes, loaded, [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose]() };
}

const long = (length: number, first = 0) => ({
  tokens: Array.from({ length }, (_, i) => (first + i) % 8),
});

/** Answers without an end, and how many tokens each of them has had. */
function crowd(
  trimtab: LoadedRecipe,
  asked: readonly { readonly owner: string; readonly request: string }[],
) {
  const leaving = new AbortController();
  const counts = asked.map(() => 0);
  for (const [i, { owner, request }] of asked.entries()) {
    const stream = trimtab.stream(long(4 + i), { owner, request, signal: leaving.signal });
    const read = async (): Promise<void> => {
      for await (const { tokens } of stream) counts[i]! += tokens.length;
    };
    read().catch(() => {});
  }
  const served = (isOf: (one: (typeof asked)[number]) => boolean) =>
    counts.reduce((sum, count, i) => sum + (isOf(asked[i]!) ? count : 0), 0);
  return { counts, served, leave: () => leaving.abort() };
}

describe('what is served', () => {
  it.each([
    ['as many answers', [4, 4]],
    ['one answer beside many', [1, 12]],
    ['three owners of four lanes', [1, 6, 2]],
    ['more owners than lanes', [1, 2, 3, 4, 5, 6]],
  ])('is the same for every owner: %s', async (_, answers) => {
    await using engine = await load();
    const owners = answers.map((__, i) => `owner ${i}`);
    const asked = answers.flatMap((count, i) =>
      Array.from({ length: count }, (___, j) => ({ owner: owners[i]!, request: `${j}` })),
    );
    const { served, leave } = crowd(engine.trimtab, asked);
    const before = engine.passes.length;
    await untilTurn(() => engine.passes.length >= before + 500);
    const shares = owners.map((owner) => served((one) => one.owner === owner));
    const most = answers.map((count) => Math.min(count, 4) * 500);
    const fair = shares.filter((share, i) => share < 0.95 * most[i]!); // whoever has all it can take has no more
    leave();
    // A turn of the lanes is 64 tokens at least, and half of what an answer holds.
    expect(Math.max(...fair) - Math.min(...fair)).toBeLessThan(160);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeGreaterThan(0.9 * 4 * 500);
  });

  it('is the same for every request of an owner, however many answers it has', async () => {
    await using engine = await load();
    const sizes = { large: 10, middle: 3, small: 1 };
    const asked = Object.entries(sizes).flatMap(([request, count]) =>
      Array.from({ length: count }, () => ({ owner: 'one', request })),
    );
    const { served, leave } = crowd(engine.trimtab, asked);
    await untilTurn(() => engine.passes.length >= 500);
    const shares = Object.keys(sizes).map((request) => served((one) => one.request === request));
    leave();
    const [large, middle, small] = shares as [number, number, number];
    expect(small).toBeGreaterThan(450); // all that one answer can have
    expect(Math.abs(large - middle)).toBeLessThan(160);
  });

  it('is in the order in which they came, within a request', async () => {
    await using engine = await load({ engine: { maxSequences: 2 } });
    const ended: number[] = [];
    const asked = Array.from({ length: 8 }, async (_, i) => {
      await engine.trimtab.generate(long(3 + i), { maxTokens: 20, request: 'one' });
      ended.push(i);
    });
    await Promise.all(asked);
    const pairs = [0, 2, 4, 6].map((i) => ended.slice(i, i + 2).toSorted((a, b) => a - b));
    expect(pairs).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ]);
  });
});

describe('whoever needs many lanes', () => {
  const views = Object.fromEntries(
    ['a', 'b', 'c'].map(
      (system) => [system, { file: 'base.gguf', prompt: 'raw', system }] as const,
    ),
  );
  const document: Partial<RecipeDocument> = {
    models: { base: { file: 'base.gguf', prompt: 'raw' }, ...views },
    formula: 'base + a + b + c',
    params: {},
    engine: { maxSequences: 1 },
  };

  it('gets them all, though others want but one and come all the time', async () => {
    await using engine = await load(document);
    const leaving = new AbortController();
    const flood = Array.from({ length: 12 }, (_, i) =>
      engine.trimtab.generate(`${'ab'.repeat(i)}c`, {
        only: 'base',
        owner: 'many',
        signal: leaving.signal,
      }),
    );
    for (const one of flood) one.catch(() => {});
    await untilTurn(() => engine.passes.length >= 20);
    const before = engine.passes.length;
    const answer = await engine.trimtab.generate('h', { maxTokens: 5, owner: 'one' });
    expect(answer.tokens).toHaveLength(5);
    expect(engine.passes.length - before).toBeLessThan(200);
    leaving.abort();
  });
});

describe('what begins alike', () => {
  it('is computed once, though all come at the same time', async () => {
    await using engine = await load();
    const asked = [0, 1, 2, 3].map((i) =>
      engine.trimtab.generate({ tokens: [...long(200).tokens, i] }, { maxTokens: 1 }),
    );
    const answers = await Promise.all(asked);
    expect(engine.loaded('base').computedTokens).toBe(200 + 4);
    const cached = answers.map(({ usage }) => usage.models['base']!.cachedTokens);
    expect(cached.toSorted((a, b) => a - b)).toEqual([0, 200, 200, 200]);
  });

  it('is computed beside one another where it is short', async () => {
    await using engine = await load();
    const asked = [0, 1].map((i) =>
      engine.trimtab.generate({ tokens: [...long(20).tokens, i] }, { maxTokens: 1 }),
    );
    await Promise.all(asked);
    expect(engine.loaded('base').computedTokens).toBe(2 * 21);
  });

  it('is shared with no other owner', async () => {
    await using engine = await load();
    const asked = ['x', 'y', 'z'].map((owner) =>
      engine.trimtab.generate(long(200), { maxTokens: 1, owner }),
    );
    const answers = await Promise.all(asked);
    expect(answers.map(({ usage }) => usage.models['base']!.cachedTokens)).toEqual([0, 0, 0]);
    expect(engine.loaded('base').computedTokens).toBe(3 * 200);
  });

  it('goes on in the lane that has it, when one leaves while it computes', async () => {
    await using engine = await load({ engine: { batchSize: 32 } });
    const leaving = new AbortController();
    const first = engine.trimtab.generate(long(300), { signal: leaving.signal });
    const second = engine.trimtab.generate({ tokens: [...long(300).tokens, 5] }, { maxTokens: 1 });
    await untilTurn(() => engine.passes.length >= 5);
    leaving.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    const { usage } = await second;
    expect(usage.models['base']!.cachedTokens).toBeGreaterThanOrEqual(4 * 32);
    expect(engine.loaded('base').computedTokens).toBeLessThanOrEqual(301 + 32);
  });
});

describe('a long prompt', () => {
  it('takes what room there is, but little of it while others decode', async () => {
    await using engine = await load({ engine: { batchSize: 256, contextLength: 4096 } });
    const leaving = new AbortController();
    const stream = engine.trimtab.generate('a', { signal: leaving.signal });
    stream.catch(() => {});
    await untilTurn(() => engine.passes.length >= 3);
    await engine.trimtab.generate(long(1000), { maxTokens: 1 });
    leaving.abort();
    await expect(stream).rejects.toThrow('aborted');
    const beside = engine.passes.filter(({ parts }) => parts.length === 2);
    const chunks = beside.map(({ parts }) => Math.max(...parts.map(({ tokens }) => tokens.length)));
    expect(chunks).toEqual([...Array.from({ length: 7 }, () => 128), 1000 - 7 * 128]);
    // Whoever decodes has its token in every pass.
    expect(
      beside.every(({ parts }) =>
        parts.some(({ tokens, held }) => tokens.length === 1 && held > 0),
      ),
    ).toBe(true);
    const before = engine.passes.length;
    await engine.trimtab.generate(long(1000, 3), { maxTokens: 1 });
    const alone = engine.passes.slice(before).map(({ tokens }) => tokens);
    expect(alone).toEqual([256, 256, 256, 232]);
  });
});
