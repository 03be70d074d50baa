import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { byteVocabulary } from '../../../test/support/byte-vocabulary.ts';
import { chaoticLogits } from '../../../test/support/fake-model/chaotic-logits.ts';
import { FakeModel } from '../../../test/support/fake-model/fake-model.ts';
import { alignVocabularies } from '../../compose/index.ts';
import type { TokenId } from '../../spec/index.ts';
import { LanePool } from '../cache/lane-pool.ts';
import type { LoadedModel } from '../load/models.ts';
import { decodeBatch } from './decode-batch.ts';
import { TaskLanes } from './task-lanes.ts';

const vocabulary = byteVocabulary();
const alignment = alignVocabularies(vocabulary, vocabulary);
const prompts = { base: [1, 2, 3], expert: [9, 8, 7, 6, 5] } as const;
type Name = keyof typeof prompts;
const names = ['base', 'expert'] as const;

/** Two models with prompts of their own, and the rows that they gave since the last question. */
async function load({ batchSize = 64, maxRows = 32 } = {}) {
  const fakes = { base: chaoticLogits(vocabulary), expert: chaoticLogits(vocabulary, { salt: 1 }) };
  const loaded = new Map<Name, { fake: FakeModel; pool: LanePool }>();
  for (const name of names) {
    const fake = new FakeModel(name, { vocabulary, logits: fakes[name] });
    const context = await fake.createContext({
      contextLength: 64,
      maxSequences: 2,
      batchSize,
      maxRows,
      threads: 1,
      flashAttention: false,
      kvType: 'f16',
    });
    loaded.set(name, { fake, pool: new LanePool(context) });
  }
  const rows = new Map<string, number[]>();
  const share = { owner: 'a', request: 1, priority: 'interactive' as const };
  const viewed = names.map((name) => {
    const { pool } = loaded.get(name)!;
    const model = { context: pool.context, lanes: pool, alignment } as Partial<LoadedModel>;
    return { name, model: model as LoadedModel, mixture: [], prompt: prompts[name] };
  });
  const owner = { share, isReady: true, isDecoding: false };
  const lanes = new TaskLanes(viewed, owner, {
    add: (name, position, row) => void rows.set(`${name} ${position}`, [...(row as Float32Array)]),
  });
  return {
    lanes,
    computed: (name: Name) => loaded.get(name)!.fake.computedTokens,
    passes: (name: Name) => loaded.get(name)!.fake.passes.length,
    expected: (name: Name, answer: readonly TokenId[]) => [
      ...Float32Array.from(fakes[name]([...prompts[name], ...answer])),
    ],
    rowOf: (name: Name, position: number) => rows.get(`${name} ${position}`),
    /** Asks, and decodes until all is there. */
    want: async (answer: readonly TokenId[], first: number, models?: ReadonlySet<string>) => {
      rows.clear();
      lanes.want(answer, ([name]) => (models?.has(name!) === false ? undefined : first));
      for (const { pool } of loaded.values()) while ((await decodeBatch(pool)) !== undefined);
      expect(lanes.failure).toBeUndefined();
      expect(lanes.isIdle).toBe(true);
    },
  };
}

describe('the lanes of a task', () => {
  it('give the rows of several positions in one pass', async () => {
    const { lanes, want, rowOf, expected, passes } = await load();
    lanes.acquire([]);
    await want([], 0);
    await want([10, 11, 12, 13], 1);
    for (const name of names) {
      expect(passes(name)).toBe(2);
      for (let i = 1; i <= 4; i++) {
        expect(rowOf(name, i)).toEqual(expected(name, [10, 11, 12, 13].slice(0, i)));
      }
      expect([0, 5].map((i) => rowOf(name, i))).toEqual([undefined, undefined]);
    }
  });

  it('can be asked by model; the others catch up in one pass when they are asked', async () => {
    const { lanes, want, rowOf, expected, computed, passes } = await load();
    lanes.acquire([]);
    await want([], 0);
    const draft = [20, 21, 22, 23];
    const before = { computed: computed('expert'), passes: passes('expert') };
    for (let i = 1; i <= draft.length; i++) {
      await want(draft.slice(0, i), i, new Set(['base']));
      expect(rowOf('base', i)).toEqual(expected('base', draft.slice(0, i)));
    }
    expect(computed('expert')).toBe(before.computed);
    await want(draft, 0, new Set(['expert']));
    expect(passes('expert')).toBe(before.passes + 1);
    for (let i = 0; i <= draft.length; i++) {
      expect(rowOf('expert', i)).toEqual(expected('expert', draft.slice(0, i)));
    }
  });

  it('roll back to any position, whatever was supposed after it', async () => {
    const token = fc.integer({ min: 0, max: 255 });
    /** What is supposed next, whether the base computes it alone first, and how much of it is kept. */
    const turn = fc.record({
      draft: fc.array(token, { maxLength: 5 }),
      isPostponed: fc.boolean(),
      kept: fc.nat(5),
      next: token,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(turn, { minLength: 1, maxLength: 6 }),
        fc.constantFrom({}, { batchSize: 4, maxRows: 2 }),
        async (turns, room) => {
          const { lanes, want, rowOf, expected } = await load(room);
          lanes.acquire([]);
          let answer: TokenId[] = [];
          for (const { draft, isPostponed, kept, next } of turns) {
            if (isPostponed) {
              for (let i = 0; i <= draft.length; i++) {
                const length = answer.length + i;
                await want([...answer, ...draft.slice(0, i)], length, new Set(['base']));
              }
            }
            await want([...answer, ...draft], answer.length);
            for (let i = 0; i <= draft.length; i++) {
              const known = [...answer, ...draft.slice(0, i)];
              for (const name of names) {
                expect(rowOf(name, known.length)).toEqual(expected(name, known));
              }
            }
            answer = [...answer, ...draft.slice(0, kept), next];
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are given up and taken again, and the prompt is counted once', async () => {
    const { lanes, want, rowOf, expected } = await load();
    lanes.acquire([]);
    await want([], 0);
    await want([40, 41], 1);
    const { forwards } = lanes.usage['base']!;
    lanes.release();
    expect(lanes.isIdle).toBe(true);
    lanes.acquire([40, 41]);
    await want([40, 41], 2);
    expect(rowOf('expert', 2)).toEqual(expected('expert', [40, 41]));
    expect(lanes.usage).toEqual({
      base: { promptTokens: 3, cachedTokens: 0, forwards: forwards + 1 },
      expert: { promptTokens: 5, cachedTokens: 0, forwards: forwards + 1 },
    });
  });

  it('have room as long as the longest prompt leaves', async () => {
    const { lanes } = await load();
    expect(lanes.roomAfter(10)).toBe(64 - 5 - 10);
  });
});
