import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FakeModel } from '../../../test/support/fake-model/fake-model.ts';
import type { FakeModelOptions } from '../../../test/support/fake-model/fake-model-options.ts';
import type { TokenId } from '../../spec/index.ts';
import { LanePool } from '../cache/lane-pool.ts';
import { decodeBatch } from '../decode/decode-batch.ts';
import { CandidateLanes } from './candidate-lanes.ts';

/** Tells apart every text. */
const stateOf = (tokens: readonly TokenId[]): number[] => {
  let state = 1;
  for (const token of tokens) state = (Math.imul(state, 31) + token) % 65521;
  return [state, tokens.length, tokens.at(-1)!, 0];
};

const never = new AbortController().signal;
const prompt = [1, 2, 3, 4, 5];

interface Room {
  readonly maxSequences?: number;
  readonly batchSize?: number;
  readonly onPass?: NonNullable<FakeModelOptions['onPass']>;
}

async function load({ maxSequences = 8, batchSize = 16, ...given }: Room = {}) {
  const fake = new FakeModel('reward', { hiddenState: stateOf, ...given });
  const context = await fake.createContext({
    contextLength: 128,
    maxSequences,
    batchSize,
    maxRows: batchSize,
    threads: 1,
    flashAttention: false,
    kvType: 'f16',
    hiddenStates: true,
    unifiedCache: true,
  });
  let wakes = 0;
  const pool = new LanePool(context, { isUnified: true, wake: () => wakes++ });
  const decode = async () => {
    let passes = 0;
    while ((await decodeBatch(pool)) !== undefined) passes++;
    return passes;
  };
  return {
    pool,
    decode,
    wakes: () => wakes,
    computed: () => fake.computedTokens,
    start: (owner = 'a', tokens: readonly TokenId[] = prompt) =>
      new CandidateLanes(pool, tokens, { owner, request: owner, priority: 'interactive' }),
    /** The hidden states after each continuation. */
    run: async (
      candidates: CandidateLanes,
      continuations: readonly TokenId[][],
      signal = never,
    ) => {
      const states: number[][] = [];
      const running = candidates.run(continuations, (state, i) => (states[i] = [...state]), signal);
      await Promise.all([running, decode()]);
      return states;
    },
  };
}

const statesOf = (known: readonly TokenId[], continuations: readonly TokenId[][]) =>
  continuations.map((own) => stateOf([...known, ...own]));

describe('the candidates of an answer', () => {
  it('are each computed after the prompt and what was accepted', async () => {
    const { start, run, computed } = await load();
    using candidates = start();
    const continuations = [[10], [11], [12, 13, 14]];
    expect(await run(candidates, continuations)).toEqual(statesOf(prompt, continuations));
    expect(computed()).toBe(prompt.length + 5);
    candidates.accept([20]);
    expect(await run(candidates, [[10]])).toEqual(statesOf([...prompt, 20], [[10]]));
  });

  it('are not computed again when one of them is accepted', async () => {
    const { start, run, computed } = await load();
    using candidates = start();
    await run(candidates, [[10], [11], [12]]);
    const before = computed();
    candidates.accept([11]);
    expect(await run(candidates, [[30]])).toEqual(statesOf([...prompt, 11], [[30]]));
    expect(computed()).toBe(before + 1);
  });

  it('are not computed again either when they were run before others of the same place', async () => {
    const { start, run, computed, pool } = await load();
    using candidates = start();
    await run(candidates, [[10], [11]]);
    expect(await run(candidates, [[12], [13]])).toEqual(statesOf(prompt, [[12], [13]]));
    const before = computed();
    candidates.accept([11]);
    expect(pool.lanes).toHaveLength(1);
    expect(await run(candidates, [[30]])).toEqual(statesOf([...prompt, 11], [[30]]));
    expect(computed()).toBe(before + 1);
  });

  it('are computed in turns where sequences are few', async () => {
    const { start, run, pool } = await load({ maxSequences: 3 });
    using candidates = start();
    const continuations = Array.from({ length: 7 }, (_, i) => [10 + i]);
    expect(await run(candidates, continuations)).toEqual(statesOf(prompt, continuations));
    // The first were given up for the last: what is accepted of them is computed again.
    candidates.accept([10]);
    expect(await run(candidates, [[9]])).toEqual(statesOf([...prompt, 10], [[9]]));
    expect(pool.context.freeSequences).toBeGreaterThanOrEqual(1);
  });

  it('leave nothing behind', async () => {
    const { start, run, pool } = await load();
    const candidates = start();
    await run(candidates, [[10], [11]]);
    candidates[Symbol.dispose]();
    expect(pool.lanes).toEqual([]);
    expect(pool.context.freeSequences).toBe(8);
    expect(pool.cellsUsed).toBe(0);
  });

  it('give the cells of their prefix once, however many they are', async () => {
    const { start, run, pool } = await load();
    using candidates = start();
    await run(candidates, [[10], [11], [12]]);
    expect(pool.cellsUsed).toBe(prompt.length + 3);
  });

  it('end with the signal, and free their lanes', async () => {
    const { start, pool, decode } = await load();
    using candidates = start();
    const controller = new AbortController();
    const running = candidates.run([[10], [11]], () => {}, controller.signal);
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await decode();
    expect(pool.lanes).toHaveLength(1);
    await expect(candidates.run([[10]], () => {}, controller.signal)).rejects.toThrow('enough');
    expect(await decode()).toBe(0);
  });

  it('tell of a decode that failed, and compute no more', async () => {
    const { start, run } = await load({
      onPass: () => {
        throw new Error('out of order');
      },
    });
    using candidates = start();
    await expect(run(candidates, [[10]])).rejects.toThrow('out of order');
    await expect(candidates.run([[10]], () => {}, never)).rejects.toThrow('out of order');
  });

  it('are parked, and computed again', async () => {
    const { start, run, pool } = await load();
    using candidates = start();
    await run(candidates, [[10]]);
    candidates.accept([10]);
    candidates.park();
    expect(pool.lanes).toEqual([]);
    candidates.resume();
    expect(await run(candidates, [[11]])).toEqual(statesOf([...prompt, 10], [[11]]));
  });

  it('call for a decode when they are asked', async () => {
    const { start, run, wakes } = await load();
    using candidates = start();
    const before = wakes();
    await run(candidates, []);
    expect(wakes()).toBe(before);
    await run(candidates, [[10]]);
    expect(wakes()).toBeGreaterThan(before);
  });

  it('do not keep another answer from being read', async () => {
    const { start, decode, pool } = await load({ maxSequences: 64, batchSize: 4 });
    const busy = Array.from({ length: 3 }, (_, i) => start(`owner ${i}`, [i, 2, 3]));
    const running = new AbortController();
    const working = busy.map(async (candidates) => {
      for (let i = 0; !running.signal.aborted; i++) {
        await candidates.run(
          Array.from({ length: 10 }, (_, j) => [10 + j]),
          () => {},
          never,
        );
        candidates.accept([i]);
      }
    });
    const late = start(
      'late',
      Array.from({ length: 60 }, (_, i) => i),
    );
    const reading = late.run([[1]], () => {}, never).then(() => running.abort());
    for (let passes = 0; passes < 200; passes++) {
      if (running.signal.aborted) break;
      await decodeBatch(pool);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(running.signal.aborted).toBe(true);
    await Promise.all([reading, decode(), ...working]);
    for (const each of [...busy, late]) each[Symbol.dispose]();
  });

  it('are the same after any accepting and going back', async () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 3 });
    const turn = fc.record({
      continuations: fc.array(tokens, { minLength: 1, maxLength: 5 }),
      accepted: fc.oneof(fc.nat(4), tokens),
      back: fc.nat(4),
      cut: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(turn, { minLength: 1, maxLength: 6 }),
        fc.constantFrom({}, { maxSequences: 2 }, { batchSize: 2 }),
        async (turns, room) => {
          const { start, run, pool } = await load(room);
          const candidates = start();
          let known: TokenId[] = [];
          for (const { continuations, accepted, back, cut } of turns) {
            for (const some of [continuations.slice(0, cut), continuations.slice(cut)]) {
              expect(await run(candidates, some)).toEqual(statesOf([...prompt, ...known], some));
            }
            const own =
              typeof accepted === 'number'
                ? continuations[accepted % continuations.length]!
                : accepted;
            candidates.accept(own);
            known = [...known, ...own];
            if (back === 0) continue;
            known = known.slice(0, Math.max(0, known.length - back));
            candidates.truncate(known.length);
          }
          candidates[Symbol.dispose]();
          expect(pool.lanes).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
