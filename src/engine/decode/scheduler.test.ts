import { describe, expect, it, vi } from 'vitest';

import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { pieceVocabulary } from '../../../test/support/piece-vocabulary.ts';
import { untilTurn } from '../../../test/support/until.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import type { GenerateOptions, GenerationChunk } from '../../spec/index.ts';
import { LoadedRecipe, type GenerationStream } from '../loaded-recipe.ts';

const lanes = 4;

const vocabulary = pieceVocabulary(
  Array.from('abcdefghijkl 0123456789').map((piece) => Buffer.from(piece)),
);

/** Logits that depend on every token before them: whatever is computed again must be the same. */
const logits: FakeModelOptions['logits'] = (tokens) => {
  let state = tokens.length;
  for (const token of tokens) state = (Math.imul(state, 31) + token + 1) >>> 0;
  return Array.from({ length: vocabulary.size }, (_, id) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return vocabulary.isControl(id) ? -100 : (state >>> 8) / 2 ** 22;
  });
};
const fake: FakeModelOptions = { vocabulary, logits };

const recipe = (given: Partial<RecipeDocument> = {}) =>
  fakeRecipe({
    models: {
      base: { file: 'base.gguf', prompt: 'raw' },
      expert: { file: 'expert.gguf', system: 'Be kind. ', prompt: 'raw' },
    },
    params: { alpha: 0.5 },
    sampling: {},
    engine: { contextLength: 512, maxSequences: lanes },
    ...given,
  });

/** An engine, the ticks it has decoded in, and the tokens that its base has computed. */
async function load(given?: Partial<RecipeDocument>, fakes = fake) {
  const { loader, loaded } = fakeLoader({ base: fakes, expert: fakes });
  const trimtab = await LoadedRecipe.load(recipe(given), { loader });
  return {
    trimtab,
    ticks: () => loaded('base').passes.length,
    computed: () => loaded('base').computedTokens,
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}

/** A signal to end what is still running. */
function endable() {
  const controller = new AbortController();
  return { signal: controller.signal, end: () => controller.abort() };
}

async function textOf(chunks: AsyncIterable<GenerationChunk>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk.text;
  return text;
}

/** Reads one chunk and then stops reading. */
async function openUnread(stream: GenerationStream) {
  const reader = stream[Symbol.asyncIterator]();
  const { value } = await reader.next();
  return {
    first: (value as GenerationChunk).text,
    rest: { [Symbol.asyncIterator]: () => reader },
  };
}

describe('beside a request of 24 answers', () => {
  it.each([
    ['of the same owner', 'a'],
    ['of another owner', 'b'],
  ])('one %s gets a lane in the next tick and keeps it', async (_, owner) => {
    await using engine = await load();
    const { trimtab, ticks } = engine;
    const { signal, end } = endable();
    for (let i = 0; i < 24; i++) {
      const options = { maxTokens: 400, owner: 'a', request: 'large', signal };
      trimtab.generate(`prompt ${i}`, options).catch(() => {});
    }
    await untilTurn(() => ticks() >= 20);
    const before = ticks();
    await trimtab.generate('a short one', { maxTokens: 10, owner });
    // One tick for the prompt's last token, one for each that follows, and one that was under way.
    expect(ticks() - before).toBeLessThanOrEqual(12);
    end();
  });

  it('one that comes in the middle changes no token of it', async () => {
    await using engine = await load();
    const { trimtab, ticks, computed } = engine;
    const options = (seed: number): GenerateOptions => ({
      maxTokens: 120,
      seed,
      temperature: 0.8,
      repetitionPenalty: 1.2,
      logprobs: true,
      request: 'large',
    });
    const alone = [];
    for (let seed = 0; seed < 6; seed++) {
      alone.push(await trimtab.generate(`prompt ${seed}`, options(seed)));
    }
    const before = computed();
    const large = alone.map((_, seed) => trimtab.generate(`prompt ${seed}`, options(seed)));
    for (let i = 0; i < 8; i++) {
      const start = ticks();
      await untilTurn(() => ticks() > start + 3);
      await Promise.all([0, 1, 2].map((j) => trimtab.generate(`${i} ${j}`, { maxTokens: 2 })));
    }
    const crowded = await Promise.all(large);
    expect(crowded.map(({ tokens }) => tokens)).toEqual(alone.map(({ tokens }) => tokens));
    // Some were parked: more was computed than the prompts, the answers and what came in between.
    expect(computed() - before).toBeGreaterThan(6 * (8 + 120) + 24 * 5);
  });

  it('a second request of as many gets half of the lanes', async () => {
    await using engine = await load();
    const { trimtab, ticks } = engine;
    const done = { first: 0, second: 0 };
    const ask = (request: 'first' | 'second') =>
      Array.from({ length: 24 }, async (_, i) => {
        await trimtab.generate(`${request} ${i}`, { maxTokens: 40, owner: 'a', request });
        done[request]++;
      });
    const first = ask('first');
    await untilTurn(() => ticks() > 10);
    const second = ask('second');
    await untilTurn(() => done.second >= 8);
    expect(done.first).toBeGreaterThanOrEqual(8);
    expect(done.first).toBeLessThanOrEqual(16);
    await Promise.all([...first, ...second]);
  });
});

describe('beside as many long answers as there are lanes', () => {
  it('a short one waits for a slice of them, not for their end', async () => {
    await using engine = await load();
    const { trimtab, ticks } = engine;
    const { signal, end } = endable();
    for (let i = 0; i < lanes; i++) {
      trimtab.generate(`long ${i}`, { maxTokens: 400, signal }).catch(() => {});
    }
    await untilTurn(() => trimtab.stats.running === lanes);
    const before = ticks();
    await trimtab.generate('short', { maxTokens: 5 });
    expect(ticks() - before).toBeLessThan(80);
    end();
  });

  it('nobody is parked who would have to compute more again than it has got', async () => {
    await using engine = await load({ engine: { contextLength: 512, maxSequences: 1 } });
    const { trimtab, computed } = engine;
    const prompts = [0, 1, 2].map((i) => `${i}`.repeat(200));
    await Promise.all(prompts.map((prompt) => trimtab.generate(prompt, { maxTokens: 300 })));
    const once = prompts.length * (200 + 299);
    expect(computed()).toBeGreaterThan(once);
    expect(computed()).toBeLessThan(2.5 * once);
  });
});

describe('an answer whose reader is behind', () => {
  it('gives its lane to whoever waits, and goes on when it is read', async () => {
    await using engine = await load();
    const { trimtab } = engine;
    const ask = (seed: number) => trimtab.stream(`unread ${seed}`, { maxTokens: 400, seed });
    const alone = await Promise.all([0, 1, 2, 3].map((seed) => textOf(ask(seed))));
    const unread = await Promise.all([0, 1, 2, 3].map((seed) => openUnread(ask(seed))));
    const others = [0, 1, 2, 3, 4, 5].map((i) => trimtab.generate(`${i}`, { maxTokens: 300 }));
    await Promise.all(others);
    const read = unread.map(async ({ first, rest }) => first + (await textOf(rest)));
    expect(await Promise.all(read)).toEqual(alone);
  });

  it('keeps what it computed while nobody wants its lane', async () => {
    await using engine = await load();
    const { trimtab, computed } = engine;
    const stream = trimtab.stream('a', { maxTokens: 400 });
    const { rest } = await openUnread(stream);
    for (let i = 0; i < 10; i++) await trimtab.generate(`${i}`, { maxTokens: 3 });
    await textOf(rest);
    expect(computed()).toBe(400 + 10 * 3);
  });

  it('ends at once when its reader leaves', async () => {
    await using engine = await load();
    const { trimtab } = engine;
    const streams = [0, 1, 2, 3].map((i) => trimtab.stream(`unread ${i}`, { maxTokens: 400 }));
    const unread = await Promise.all(streams.map(openUnread));
    await Promise.all([0, 1, 2, 3].map((i) => trimtab.generate(`${i}`, { maxTokens: 300 })));
    expect(trimtab.stats.queued).toBeGreaterThan(0);
    for (const { rest } of unread) await rest[Symbol.asyncIterator]().return?.();
    await Promise.all(streams.map(({ result }) => expect(result).rejects.toThrow(/left/)));
    expect(trimtab.stats).toMatchObject({ running: 0, queued: 0 });
    expect((await trimtab.generate('next', { maxTokens: 3 })).tokens).toHaveLength(3);
  });
});

describe('what else is parked', () => {
  it('is a scoring, and its log-probs do not change', async () => {
    await using engine = await load({ engine: { contextLength: 512, maxSequences: 2 } });
    const { trimtab, ticks } = engine;
    const text = 'abcdefg hijkl 0123 '.repeat(12);
    const alone = await trimtab.score('prompt', text, { topLogprobs: 2 });
    const scored = [0, 1, 2].map(() =>
      trimtab.score('prompt', text, { topLogprobs: 2, request: 'scores' }),
    );
    const before = ticks();
    await untilTurn(() => ticks() > before + 2);
    const during = ticks();
    await trimtab.generate('short', { maxTokens: 2 });
    expect(ticks() - during).toBeLessThan(8);
    for (const each of await Promise.all(scored)) expect(each).toEqual(alone);
  });
});

it('prompts of one request share what is left for prompts with those of others', async () => {
  const seen: number[][] = [];
  await using engine = await load(
    {
      formula: 'base',
      params: {},
      models: { base: { file: 'base.gguf', prompt: 'raw' } },
      engine: { contextLength: 512, maxSequences: 8, batchSize: 64 },
    },
    { ...fake, onPass: ({ parts }) => void seen.push(parts.map(({ tokens }) => tokens.length)) },
  );
  const { trimtab } = engine;
  const large = [0, 1, 2, 3].map((i) =>
    trimtab.generate(`${i}`.repeat(500), { maxTokens: 1, request: 'large' }),
  );
  const small = trimtab.generate('x'.repeat(30), { maxTokens: 1 });
  await Promise.all([...large, small]);
  expect(seen[0]).toEqual([30, 8, 8, 9, 9]);
});

it('rests where there is nothing to do', async () => {
  await using engine = await load();
  await engine.trimtab.generate('abc', { maxTokens: 3, minTokens: 3 });
  const eventLoopTurn = () =>
    new Promise((resolve) => {
      setTimeout(resolve);
    });
  await eventLoopTurn(); // its last look around
  const looks = vi.spyOn(globalThis, 'setImmediate');
  try {
    for (let i = 0; i < 3; i++) await eventLoopTurn();
    expect(looks).not.toHaveBeenCalled();
  } finally {
    looks.mockRestore();
  }
});
