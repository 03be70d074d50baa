import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { byteVocabulary } from '../../test/support/byte-vocabulary.ts';
import { chaoticLogits } from '../../test/support/fake-model/chaotic-logits.ts';
import { fakeLoader } from '../../test/support/fake-model/fake-loader.ts';
import { fakeRecipe } from '../../test/support/fake-model/fake-recipe.ts';
import { untilTurn } from '../../test/support/until.ts';
import { createLocalService } from '../service/index.ts';
import type { GenerateOptions, InferenceService } from '../spec/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { Contexts, type ContextsOptions } from './contexts.ts';

const vocabulary = byteVocabulary();
const fake = { vocabulary, logits: chaoticLogits(vocabulary), trainedContextLength: 2048 };
const engine = { contextLength: 2048, maxSequences: 3 };
const recipe = fakeRecipe({ engine, speculation: 'auto' });

const text = 'A sheet about a person, who was born somewhere and did many things. '
  .repeat(4)
  .trim();
const questions = ['Where?', 'When?'];
const limits = { answerTokens: 30, answers: 3, notesCharacters: 150 };

let folder: string;
let store: Store;
let now = 0;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'trimtab-test-'));
  store = await openStore({ place: ':memory:', now: () => now++ });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** An engine of its own, as after a restart, and contexts over what is stored. */
async function start(given: Partial<ContextsOptions> = {}) {
  const { loader, loaded } = fakeLoader({ base: fake, expert: fake });
  const states = { folder, maxBytes: 2 ** 22 };
  const service = await createLocalService({
    recipes: [recipe],
    engineOptions: { loader, states },
  });
  const errors: unknown[] = [];
  const contexts = new Contexts({
    store: store.contexts,
    service,
    recipes: [recipe],
    states,
    worksIdle: false,
    limits,
    onError: (error) => errors.push(error),
    ...given,
  });
  return {
    contexts,
    service,
    errors,
    passes: () => loaded('base').passes.length,
    [Symbol.asyncDispose]: async () => {
      await contexts[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

const { signal } = new AbortController();
const sheet = { id: 'sheet', recipe: 'fake', text, questions };

async function ask(
  { contexts, service }: { contexts: Contexts; service: InferenceService },
  question: string,
  options: GenerateOptions = {},
  as: 'text' | 'notes' | 'both' = 'text',
) {
  const messages = [{ role: 'user', content: question }] as const;
  const of = { id: 'sheet', as, recipe: 'fake' };
  const { prompt, prepared, used, count } = await contexts.apply('ann', of, { messages });
  const asked = { prepared, maxTokens: 30, temperature: 0, ...options };
  const result = await service.stream({ recipe: 'fake', prompt, owner: 'ann', options: asked })
    .result;
  await count(result);
  return { result, used, passes: result.usage.models['base']!.forwards };
}

describe('contexts', () => {
  it('are each owner’s own, and go with all that was made for them', async () => {
    await using own = await start();
    const { contexts } = own;
    const made = await contexts.create('ann', sheet);
    expect(made).toMatchObject({ id: 'sheet', recipe: 'fake', questions });
    await expect(contexts.get('bob', 'sheet')).rejects.toMatchObject({ code: 'context_not_found' });
    await expect(contexts.delete('bob', 'sheet')).rejects.toMatchObject({
      code: 'context_not_found',
    });
    await expect(contexts.create('ann', sheet)).rejects.toMatchObject({ code: 'context_exists' });
    await contexts.prepare('ann', 'sheet', signal);
    expect(readdirSync(folder).length).toBeGreaterThan(0);
    await contexts.delete('ann', 'sheet');
    expect(readdirSync(folder)).toEqual([]);
    expect(await contexts.list('ann', { limit: 9, order: 'desc' })).toEqual([]);
  });

  it('are refused where they are none, and beyond what an owner may have', async () => {
    await using own = await start({
      limits: { ownerContexts: 2, ownerCharacters: 600, characters: 300 },
    });
    const { contexts } = own;
    const create = (given: object) => contexts.create('ann', { ...sheet, ...given });
    await expect(create({ id: '../x' })).rejects.toThrow('id must be');
    await expect(create({ text: '  ' })).rejects.toThrow('text is empty');
    await expect(create({ text: 'a\0' })).rejects.toThrow('NUL');
    await expect(create({ text: 'a\ud800' })).rejects.toThrow('surrogate');
    await expect(create({ text: 'x'.repeat(301) })).rejects.toThrow('at most 300');
    await expect(create({ questions: [''] })).rejects.toThrow('questions[0]');
    await expect(create({ recipe: 'other' })).rejects.toThrow('There is no recipe "other"');
    await create({ id: 'a' });
    await expect(
      create({ id: 'b', text: 'x'.repeat(300) }).then(() => create({ id: 'c' })),
    ).rejects.toMatchObject({
      code: 'limit_reached',
    });
  });

  it('answer what was foreseen in a few passes, with the same tokens, and count it', async () => {
    await using first = await start();
    await first.contexts.create('ann', sheet);
    const plain = await ask(first, 'Where?', { speculation: 'off', prepared: {} });
    const view = await first.contexts.prepare('ann', 'sheet', signal);
    expect(view.prepared.answers.map(({ question, source }) => [question, source])).toEqual([
      ['Where?', 'given'],
      ['When?', 'given'],
    ]);
    expect(view.prepared.states).toBe(true);
    await using again = await start();
    const drafted = await ask(again, 'Where?', { speculation: 'copies:length=15' });
    expect(drafted.result.tokens).toEqual(plain.result.tokens);
    expect(drafted.passes).toBeLessThanOrEqual(plain.passes / 3);
    // The text was restored, and not read.
    expect(drafted.result.usage.models['base']!.cachedTokens).toBeGreaterThanOrEqual(text.length);
    const other = await ask(again, 'Why, of all things?', { speculation: 'copies:length=15' });
    const without = await ask(again, 'Why, of all things?', { speculation: 'off', prepared: {} });
    expect(other.result.tokens).toEqual(without.result.tokens);
    expect(other.passes).toBeLessThanOrEqual(without.passes);
    const { use } = await again.contexts.get('ann', 'sheet');
    expect(use).toMatchObject({ asks: 4, hits: 1 });
    expect(use.accepted).toBeGreaterThanOrEqual(20);
    expect(use.spent).toBeGreaterThan(60);
  });

  it('show notes in place of the text, or beside it, once there are some', async () => {
    await using own = await start();
    await own.contexts.create('ann', sheet);
    expect((await ask(own, 'Where?', {}, 'notes')).used).toEqual({ id: 'sheet', as: 'text' });
    const { prepared } = await own.contexts.prepare('ann', 'sheet', signal);
    const notes = prepared.notes!.text;
    expect(notes.length).toBeGreaterThan(0);
    expect(notes.length).toBeLessThanOrEqual(150);
    const of = (as: 'text' | 'notes' | 'both') =>
      own.contexts.apply(
        'ann',
        { id: 'sheet', as, recipe: 'fake' },
        { messages: [{ role: 'user', content: 'Q?' }] },
      );
    const contents = [];
    for (const as of ['text', 'notes', 'both'] as const) {
      const { prompt, used } = await of(as);
      expect(used.as).toBe(as);
      contents.push(prompt.messages[0]!.content);
    }
    expect(contents).toEqual([
      `${text}\n\nQ?`,
      `${notes}\n\nQ?`,
      `${text}\n\nNotes:\n${notes}\n\nQ?`,
    ]);
  });

  it('are prepared while nobody waits, each thing once, and by others where a machine died', async () => {
    await using own = await start({ worksIdle: true });
    await own.contexts.create('ann', sheet);
    await own.service.load('fake');
    const isDone = async () => (await own.contexts.get('ann', 'sheet')).prepared.notes !== null;
    for (let turns = 0; turns < 2000 && !(await isDone()); turns++) {
      await ask(own, 'Hello', { maxTokens: 1 }); // it wakes them
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const view = await own.contexts.get('ann', 'sheet');
    expect(view.prepared.answers.length).toBeGreaterThanOrEqual(2);
    const { spent } = view.use;
    expect(own.errors).toEqual([]);
    const before = own.passes();
    await own.contexts.prepare('ann', 'sheet', signal);
    expect(own.passes()).toBe(before);
    expect((await own.contexts.get('ann', 'sheet')).use.spent).toBe(spent);
  });

  it('spend no more passes than they may, and end where they are ended', async () => {
    await using few = await start({ limits: { ...limits, passes: 40 } });
    await few.contexts.create('ann', sheet);
    const { use } = await few.contexts.prepare('ann', 'sheet', signal);
    expect(use.spent).toBeLessThan(40 + 100); // what has begun ends
    await using own = await start();
    await own.contexts.create('ann', { ...sheet, id: 'other', text: `Other. ${text}` });
    await own.service.load('fake');
    const ending = new AbortController();
    const preparing = own.contexts.prepare('ann', 'other', ending.signal);
    const passes = own.passes;
    await untilTurn(() => passes() > 5);
    ending.abort(new Error('enough'));
    await expect(preparing).rejects.toThrow('enough');
    // What was whole stays, what was not is made again.
    const { prepared } = await own.contexts.prepare('ann', 'other', signal);
    expect(prepared.answers).toHaveLength(2);
  });

  it('of another recipe than the one asked give their text alone', async () => {
    await using own = await start();
    await own.contexts.create('ann', sheet);
    await own.contexts.prepare('ann', 'sheet', signal);
    const of = { id: 'sheet', as: 'notes', recipe: 'another' } as const;
    const applied = await own.contexts.apply('ann', of, {
      messages: [{ role: 'user', content: 'Q?' }],
    });
    expect(applied.prepared).toEqual({});
    expect(applied.used.as).toBe('text');
  });
});
