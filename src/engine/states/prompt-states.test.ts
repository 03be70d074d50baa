import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { byteVocabulary } from '../../../test/support/byte-vocabulary.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import type { RecipeDocument } from '../../recipe/index.ts';
import type { GenerateOptions } from '../../spec/index.ts';
import { LoadedRecipe } from '../loaded-recipe.ts';

const vocabulary = byteVocabulary();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'trimtab-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Two models that see a prompt as it is; each call is a process of its own. */
async function start(given: Partial<RecipeDocument> = {}, base: Partial<FakeModelOptions> = {}) {
  const fake = { vocabulary, logits: chaoticLogits(vocabulary), ...base };
  const { loader, loaded } = fakeLoader({ base: fake, expert: fake });
  const engine = { contextLength: 512, maxSequences: 2 };
  const recipe = await LoadedRecipe.load(fakeRecipe({ engine, ...given }), {
    loader,
    states: { folder, maxBytes: 2 ** 20 },
  });
  const ask = async (question: string, options: GenerateOptions = {}) => {
    const before = loaded('base').computedTokens;
    const result = await recipe.generate(text + question, { maxTokens: 8, ...options });
    const { cachedTokens } = result.usage.models['base']!;
    return { text: result.text, cachedTokens, computed: loaded('base').computedTokens - before };
  };
  return { recipe, ask, [Symbol.asyncDispose]: () => recipe[Symbol.asyncDispose]() };
}

const text = 'A text of some length, about which one asks many things. ';
const prepared = { state: 'sheet' };

/** Saves the states of the text and of the beginning of a question. */
async function save(owner = ''): Promise<void> {
  await using first = await start();
  await first.ask('?', { prepared: { ...prepared, saves: true }, maxTokens: 1, owner });
}

describe('saved states', () => {
  it('are found like a beginning in the cache, also by another process, and change no token', async () => {
    await save();
    expect(readdirSync(folder)).toHaveLength(2); // one of each model
    await using again = await start();
    const cold = await again.ask('What?', { owner: 'another' });
    const warm = await again.ask('What?', { prepared });
    expect(cold.cachedTokens).toBe(0);
    expect(warm).toEqual({
      text: cold.text,
      cachedTokens: text.length,
      computed: cold.computed - text.length,
    });
  });

  it('are read once, where requests for them come together', async () => {
    await save();
    await using again = await start();
    const both = await Promise.all([
      again.ask('What?', { prepared }),
      again.ask('Who?', { prepared }),
    ]);
    // Both begin with the same letters besides.
    for (const { cachedTokens } of both) expect(cachedTokens).toBeGreaterThanOrEqual(text.length);
    expect(again.recipe.stats.kvCellsUsed).toBeLessThan(4 * (text.length + 15));
  });

  it('are not found by prompts of other owners', async () => {
    await save('a');
    await using again = await start();
    await again.ask('What?', { prepared, owner: 'a' });
    expect((await again.ask('What?', { owner: 'b' })).cachedTokens).toBe(0);
  });

  it.each([
    ['of other settings', { engine: { contextLength: 512, maxSequences: 2, kvType: 'f32' } }, {}],
    ['of another file', {}, { weightBytes: 7 }],
    ['that cannot be cut', {}, { capabilities: { truncates: false } }],
  ] as const)('%s are not taken: it is computed', async (_, given, base) => {
    await save();
    await using again = await start(given, base);
    expect((await again.ask('What?', { prepared })).cachedTokens).toBe(0);
  });

  it('of another text are not taken, nor such as are no longer whole', async () => {
    await save();
    await using again = await start();
    const other = await again.recipe.generate(
      'Another text, which is as long as the first one is.',
      {
        maxTokens: 2,
        prepared,
      },
    );
    expect(other.usage.models['base']!.cachedTokens).toBeLessThan(3);
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      const bytes = readFileSync(file);
      bytes[bytes.length - 40]! ^= 1;
      writeFileSync(file, bytes);
    }
    expect((await again.ask('What?', { prepared })).cachedTokens).toBeLessThan(3);
  });

  it('are taken where all lanes are in use, and the prompt waits', async () => {
    await save();
    await using again = await start();
    const busy = [1, 2].map((n) =>
      again.ask('Busy', { maxTokens: 60, request: `${n}`, owner: 'b' }),
    );
    const asked = again.ask('What?', { prepared });
    await Promise.all([...busy, asked]);
    await using fresh = await start();
    expect((await asked).text).toBe((await fresh.ask('What?')).text);
  });

  it('have names that reach no other place, and an engine that keeps none says so', async () => {
    await using first = await start();
    for (const state of ['../x', '', 'a/b', 'x'.repeat(101)]) {
      await expect(first.ask('?', { prepared: { state } })).rejects.toThrow(
        'prepared.state must be',
      );
    }
    const { loader } = fakeLoader({ base: { vocabulary }, expert: { vocabulary } });
    await using none = await LoadedRecipe.load(fakeRecipe(), { loader });
    await expect(none.generate('a', { prepared })).rejects.toThrow('the engine keeps no states');
  });
});
