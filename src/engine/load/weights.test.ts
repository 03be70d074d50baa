import { describe, expect, it } from 'vitest';

import { FakeModel } from '../../../test/support/fake-model/fake-model.ts';
import { untilTurn } from '../../../test/support/until.ts';
import type { RecipeModel } from '../../recipe/index.ts';
import { createDeferred, type Deferred } from '../../waiting/index.ts';
import { WeightsStore, type ModelLoader } from './weights.ts';

const declare = (file: string, name = file, gpuLayers = -1): RecipeModel => ({
  name,
  source: { kind: 'file', path: file },
  gpuLayers,
  view: { kind: 'raw' },
  markup: 'text',
  system: undefined,
  adapters: [],
});

/** A store whose loads wait for the test. */
function create() {
  const loads: (Deferred<FakeModel> & { given: Parameters<ModelLoader> })[] = [];
  const store = new WeightsStore((...given) => {
    const loading = createDeferred<FakeModel>();
    loads.push({ ...loading, given });
    return loading.promise;
  });
  return { store, loads };
}

describe('weights', () => {
  it('are loaded once, and freed with the last that hold them', async () => {
    const { store, loads } = create();
    const acquiring = [
      store.acquire(declare('/a', 'one'), {}),
      store.acquire(declare('/a', 'two'), {}),
    ];
    await untilTurn(() => loads.length > 0);
    const model = new FakeModel('a');
    loads[0]!.resolve(model);
    const [first, second] = await Promise.all(acquiring);
    expect(loads).toHaveLength(1);
    expect([first!.model, second!.model]).toEqual([model, model]);
    first![Symbol.dispose]();
    first![Symbol.dispose](); // gives up one share, not two
    expect(model.isDisposed).toBe(false);
    const third = await store.acquire(declare('/a'), {});
    expect(third.model).toBe(model);
    second![Symbol.dispose]();
    expect(model.isDisposed).toBe(false);
    third[Symbol.dispose]();
    expect(model.isDisposed).toBe(true);
    void store.acquire(declare('/a'), {}).catch(() => {});
    await untilTurn(() => loads.length === 2);
  });

  it.each<[string, RecipeModel, boolean]>([
    ['of another file', declare('/b'), false],
    ['of another place', declare('/a', '/a', 3), false],
    ['in another layout', declare('/a'), true],
  ])('%s are others', async (_, declaration, repack) => {
    const { store, loads } = create();
    const acquiring = [store.acquire(declare('/a'), {}), store.acquire(declaration, { repack })];
    await untilTurn(() => loads.length === 2);
    for (const loading of loads) loading.resolve(new FakeModel('any'));
    const [first, second] = await Promise.all(acquiring);
    expect(first!.model).not.toBe(second!.model);
  });

  it('that fail to load fail all who wait for them, and are tried again by the next', async () => {
    const { store, loads } = create();
    const acquiring = [store.acquire(declare('/a'), {}), store.acquire(declare('/a'), {})];
    let isOver = false;
    void Promise.allSettled(acquiring).then(() => (isOver = true));
    await untilTurn(() => {
      // One whose path is known later than the other has failed loads for itself.
      for (const load of loads) load.reject(new Error('no such file'));
      return isOver;
    });
    for (const each of acquiring) await expect(each).rejects.toThrow('no such file');
    const failed = loads.length;
    const again = store.acquire(declare('/a'), {});
    await untilTurn(() => loads.length > failed);
    const model = new FakeModel('a');
    loads[failed]!.resolve(model);
    expect((await again).model).toBe(model);
  });

  it('are asked for as the recipe says, and tell how far they are', async () => {
    const { store, loads } = create();
    const seen: unknown[] = [];
    const { signal } = new AbortController();
    const options = { repack: true, signal, onProgress: (each: unknown) => seen.push(each) };
    void store.acquire(declare('/a', 'base', 7), options).catch(() => {});
    await untilTurn(() => loads.length === 1);
    const [source, given] = loads[0]!.given;
    expect([source, given]).toMatchObject([
      { kind: 'file', path: '/a' },
      { gpuLayers: 7, repack: true, signal },
    ]);
    given.onProgress!(0.5);
    expect(seen).toEqual([{ model: 'base', file: '/a', share: 0.5 }]);
    void store.acquire(declare('/b'), {}).catch(() => {});
    await untilTurn(() => loads.length === 2);
    expect(loads[1]!.given[1]).toMatchObject({ repack: false });
    expect(loads[1]!.given[1]).not.toHaveProperty('signal');
  });

  it('are native unless something else loads them', () => {
    expect([new WeightsStore().isNative, create().store.isNative]).toEqual([true, false]);
  });
});
