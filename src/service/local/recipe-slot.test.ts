import { describe, expect, it } from 'vitest';

import { fakeRecipe } from '../../../test/support/fake-model/fake-recipe.ts';
import { fakeTimers } from '../../../test/support/fake-timers.ts';
import type { LoadedRecipe } from '../../engine/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import { ModelLoadError } from '../../spec/index.ts';
import { createDeferred, type Deferred } from '../../waiting/index.ts';
import { RecipeSlot } from './recipe-slot.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A loaded recipe that tells whether it was disposed of, and may take its time about it. */
class FakeLoaded {
  readonly models = [
    {
      name: 'base',
      file: 'base.gguf',
      weightBytes: 1,
      vocabularySize: 2,
      vocabularyReport: 'equal',
      contextLength: 3,
      kernels: 'fake',
    },
  ];
  warnings: readonly string[] = [];
  isDisposed = false;
  disposing: Promise<void> = Promise.resolve();

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disposing;
    this.isDisposed = true;
  }
}

interface SlotSettings {
  readonly idleUnloadMs?: number;
  readonly recipe?: Recipe;
}

function create({ idleUnloadMs, recipe = fakeRecipe() }: SlotSettings = {}) {
  const timers = fakeTimers();
  const loads: Deferred<FakeLoaded>[] = [];
  const states: string[] = [];
  const warnings: string[] = [];
  const slot: RecipeSlot = new RecipeSlot({
    recipe,
    load: () => {
      const loading = createDeferred<FakeLoaded>();
      loads.push(loading);
      return loading.promise as unknown as Promise<LoadedRecipe>;
    },
    onWarning: (warning) => warnings.push(warning),
    onChange: () => states.push(slot.summary.state),
    idleUnloadMs,
    startTimer: timers.startTimer,
  });
  /** Uses it until the use is ended. */
  const use = (signal?: AbortSignal, keepAliveMs?: number | null) => {
    const work = createDeferred<string>();
    let given: unknown;
    const result = slot.use(
      (trimtab) => {
        given = trimtab;
        return work.promise;
      },
      signal,
      keepAliveMs,
    );
    result.catch(() => {});
    return {
      result,
      end: (value: string) => work.resolve(value),
      fail: (error: unknown) => work.reject(error),
      given: () => given,
    };
  };
  return { slot, timers, loads, states, warnings, use };
}

describe('loading', () => {
  it('happens on first use, once for all who ask, and is reported', async () => {
    const { slot, loads, states, use } = create();
    expect([slot.summary.state, loads.length]).toEqual(['unloaded', 0]);
    const uses = [use(), use()];
    expect([slot.summary.state, slot.summary.models, loads.length]).toEqual(['loading', [], 1]);
    const loaded = new FakeLoaded();
    loads[0]!.resolve(loaded);
    await turn();
    expect(uses.map(({ given }) => given())).toEqual([loaded, loaded]);
    expect(slot.summary).toMatchObject({
      state: 'ready',
      failure: null,
      models: [{ name: 'base', file: 'base.gguf' }],
    });
    expect(states).toEqual(['loading', 'ready']);
    uses[0]!.end('done');
    expect(await uses[0]!.result).toBe('done');
    use();
    expect(loads).toHaveLength(1);
  });

  it('says why it failed, to whoever asked and then, and is tried again by the next', async () => {
    const { slot, loads, states, use } = create();
    const failing = use();
    loads[0]!.reject(new ModelLoadError('no such file'));
    await expect(failing.result).rejects.toThrow('no such file');
    expect(slot.summary).toMatchObject({
      state: 'failed',
      failure: { code: 'model_load_failed', message: 'no such file' },
    });
    const next = use();
    expect(slot.summary).toMatchObject({ state: 'loading', failure: null });
    loads[1]!.reject('not even an error');
    await next.result.catch(() => {});
    expect(slot.summary.failure).toEqual({ code: 'internal_error', message: 'not even an error' });
    expect(states).toEqual(['loading', 'failed', 'loading', 'failed']);
  });

  it('goes on when its asker has gone', async () => {
    const { slot, loads, use } = create();
    const controller = new AbortController();
    const leaving = use(controller.signal);
    controller.abort(new Error('gone'));
    await expect(leaving.result).rejects.toThrow('gone');
    expect(slot.summary.state).toBe('loading');
    loads[0]!.resolve(new FakeLoaded());
    await turn();
    expect(slot.summary.state).toBe('ready');
    expect(leaving.given()).toBeUndefined();
  });

  it('warns of what is not as the recipe asked', async () => {
    const { loads, warnings, use } = create();
    use();
    const loaded = new FakeLoaded();
    loaded.warnings = ['slow', 'wrong'];
    loads[0]!.resolve(loaded);
    await turn();
    expect(warnings).toEqual(['slow', 'wrong']);
  });
});

/** One that is loaded and used by nobody. */
async function createLoaded(options: SlotSettings = {}) {
  const created = create(options);
  const loaded = new FakeLoaded();
  const first = created.use();
  created.loads[0]!.resolve(loaded);
  first.end('loaded');
  await first.result;
  return { ...created, loaded };
}

describe('unloading', () => {
  it('waits for whoever uses it, and is reported', async () => {
    const { slot, loaded, use, states } = await createLoaded();
    const uses = [use(), use()];
    await turn();
    const unloading = slot.unload();
    uses[0]!.end('one');
    await turn();
    expect(loaded.isDisposed).toBe(false);
    uses[1]!.fail(new Error('two'));
    await unloading;
    expect([loaded.isDisposed, slot.summary.state]).toEqual([true, 'unloaded']);
    expect(states.at(-1)).toBe('unloaded');
  });

  it('is done once for all who ask, and lets those who come meanwhile load it again', async () => {
    const { slot, loaded, loads, use } = await createLoaded();
    const gone = createDeferred<void>();
    loaded.disposing = gone.promise;
    const unloading = [slot.unload(), slot.unload()];
    const next = use();
    await turn();
    expect(loads).toHaveLength(1); // its memory is needed first
    gone.resolve();
    await Promise.all(unloading);
    await turn();
    expect(loads).toHaveLength(2);
    const again = new FakeLoaded();
    loads[1]!.resolve(again);
    await turn();
    expect(next.given()).toBe(again);
  });

  it('can be left by those who wait for its end', async () => {
    const { slot, loaded, loads, use } = await createLoaded();
    const gone = createDeferred<void>();
    loaded.disposing = gone.promise;
    const unloading = slot.unload();
    const controller = new AbortController();
    const leaving = use(controller.signal);
    controller.abort(new Error('left'));
    await expect(leaving.result).rejects.toThrow('left');
    gone.resolve();
    await unloading;
    expect(loads).toHaveLength(1);
  });

  it('forgets a failure', async () => {
    const { slot, loads, use } = create();
    const failing = use();
    loads[0]!.reject(new Error('no'));
    await failing.result.catch(() => {});
    await slot.unload();
    expect(slot.summary).toMatchObject({ state: 'unloaded', failure: null });
  });

  it('does nothing to what was never loaded', async () => {
    const { slot, loads } = create();
    await slot.unload();
    expect([slot.summary.state, loads.length]).toEqual(['unloaded', 0]);
  });
});

describe('a time after which it is unloaded', () => {
  it('begins when the last use ends, and is called off by the next', async () => {
    const { timers, slot, loaded, use } = await createLoaded({ idleUnloadMs: 1000 });
    expect(timers.delays).toEqual([1000]);
    timers.advance(999);
    const uses = [use(), use()];
    expect(timers.delays).toEqual([]);
    await turn();
    uses[0]!.end('');
    await turn();
    expect(timers.delays).toEqual([]);
    uses[1]!.end('');
    await turn();
    timers.advance(999);
    expect(loaded.isDisposed).toBe(false);
    timers.advance(1);
    await turn();
    expect([loaded.isDisposed, slot.summary.state]).toEqual([true, 'unloaded']);
  });

  it('is not there unless it is asked for', async () => {
    const { timers } = await createLoaded();
    expect(timers.delays).toEqual([]);
  });

  it('ends with the slot', async () => {
    const { timers, slot, loaded } = await createLoaded({ idleUnloadMs: 1000 });
    await slot.close();
    expect([timers.delays, loaded.isDisposed]).toEqual([[], true]);
  });
});

describe('closing', () => {
  it('frees what is used still: its requests are ended by whoever frees it', async () => {
    const { slot, loaded, use } = await createLoaded();
    use();
    await turn();
    await slot.close();
    expect(loaded.isDisposed).toBe(true);
  });

  it('waits for a load, and frees what it has loaded, or hears why it failed', async () => {
    for (const isLoaded of [true, false]) {
      const { slot, loads, use } = create();
      use();
      const closing = slot.close();
      const loaded = new FakeLoaded();
      if (isLoaded) loads[0]!.resolve(loaded);
      else loads[0]!.reject(new Error('no'));
      await closing;
      expect(loaded.isDisposed).toBe(isLoaded);
    }
  });

  it.each([
    ['the recipe says another one', 500, 500],
    ['the recipe says for good', null, undefined],
    ['the recipe says nothing', undefined, 1000],
  ])("is the recipe's before the service's: %s", async (_, keepAliveMs, delay) => {
    const recipe = { ...fakeRecipe(), keepAliveMs };
    const { timers } = await createLoaded({ idleUnloadMs: 1000, recipe });
    expect(timers.delays).toEqual(delay === undefined ? [] : [delay]);
  });

  it('is what a request said last', async () => {
    const { timers, loaded, use } = await createLoaded({ idleUnloadMs: 1000 });
    const ask = async (keepAliveMs: number | null | undefined) => {
      const asked = use(undefined, keepAliveMs);
      await turn();
      asked.end('done');
      await asked.result;
      return timers.delays;
    };
    expect(await ask(70)).toEqual([70]);
    expect(await ask(undefined)).toEqual([70]);
    expect(await ask(null)).toEqual([]);
    timers.advance(1e9);
    expect(loaded.isDisposed).toBe(false);
    await ask(0);
    timers.advance(0);
    await turn();
    expect(loaded.isDisposed).toBe(true);
  });
});
