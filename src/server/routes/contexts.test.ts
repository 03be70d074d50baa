import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { FakeService } from '../../../test/support/server/fake-service.ts';
import { appOf } from '../../../test/support/server/app.ts';
import { Contexts } from '../../contexts/index.ts';
import { openStore, type Store } from '../../store/index.ts';

let store: Store;
let service: FakeService;
beforeEach(async () => {
  store = await openStore({ place: ':memory:', now: Date.now });
  service = new FakeService();
});
afterEach(() => store[Symbol.asyncDispose]());

const recipes = [fakeRecipe()];
const contexts = async () =>
  new Contexts({ store: store.contexts, service, recipes, worksIdle: false });
const app = () => appOf({ service, contexts });

const sheet = { recipe: 'fake', id: 'sheet', text: 'The sheet.', questions: ['Who?'] };
const ask = { model: 'fake', messages: [{ role: 'user', content: 'Who?' }] };

describe('contexts over HTTP', () => {
  it('are made, listed, shown and deleted in OpenAI’s shapes', async () => {
    const asked = app();
    const made = await asked.post('/v1/contexts', sheet);
    expect(made.status).toBe(200);
    expect(made.json).toMatchObject({
      id: 'sheet',
      object: 'context',
      recipe: 'fake',
      text: 'The sheet.',
    });
    expect(made.json.prepared).toEqual({ answers: [], notes: null, states: false });
    expect((await asked.post('/v1/contexts', sheet)).json.error.code).toBe('context_exists');
    const { json: list } = await asked.get('/v1/contexts');
    expect(list).toMatchObject({ object: 'list', first_id: 'sheet', has_more: false });
    expect((await asked.get('/v1/contexts/sheet')).json).toEqual(made.json);
    const deleted = await asked.send('/v1/contexts/sheet', { method: 'DELETE' });
    expect(deleted.json).toEqual({ id: 'sheet', object: 'context', deleted: true });
    expect((await asked.get('/v1/contexts/sheet')).status).toBe(404);
  });

  it('are refused by their part of the body', async () => {
    const asked = app();
    const refusal = async (change: object) => {
      const { status, json } = await asked.post('/v1/contexts', { ...sheet, ...change });
      return [status, json.error.param ?? json.error.code];
    };
    expect(await refusal({ text: '' })).toEqual([400, 'text']);
    expect(await refusal({ id: 'a b' })).toEqual([400, 'id']);
    expect(await refusal({ questions: [''] })).toEqual([400, 'questions[0]']);
    expect(await refusal({ recipe: 'other' })).toEqual([404, 'recipe']);
    expect(await refusal({ more: 1 })).toEqual([400, 'more']);
  });

  it.each(['/v1/chat/completions', '/v1/responses'])(
    'stand before the messages of %s',
    async (route) => {
      const asked = app();
      await asked.post('/v1/contexts', sheet);
      const { messages, ...rest } = ask;
      const body = route.endsWith('responses') ? { ...rest, input: 'Who?' } : { ...rest, messages };
      const { status, json } = await asked.post(route, {
        ...body,
        trimtab: { context: 'sheet', contextAs: 'notes' },
      });
      expect(status).toBe(200);
      // There are no notes yet.
      expect(json.trimtab.context).toEqual({ id: 'sheet', as: 'text' });
      const { prompt, options } = service.requests[0]!;
      expect(prompt).toMatchObject({ messages: [{ role: 'user', content: 'The sheet.\n\nWho?' }] });
      expect(options.prepared).toEqual({});
      const unknown = await asked.post(route, { ...body, trimtab: { context: 'other' } });
      expect([unknown.status, unknown.json.error.code]).toEqual([404, 'context_not_found']);
      const alone = await asked.post(route, { ...body, trimtab: { contextAs: 'notes' } });
      expect(alone.status).toBe(400);
    },
  );

  it('are counted when they were answered', async () => {
    const asked = app();
    await asked.post('/v1/contexts', sheet);
    await asked.post('/v1/chat/completions', { ...ask, trimtab: { context: 'sheet' } });
    for (let turn = 0; turn < 50; turn++) {
      if ((await asked.get('/v1/contexts/sheet')).json.use.asks === 1) return;
    }
    expect.unreachable();
  });

  it('are not there where the server keeps none', async () => {
    const asked = appOf({ service });
    expect((await asked.get('/v1/contexts')).json.error.code).toBe('contexts_off');
  });
});
