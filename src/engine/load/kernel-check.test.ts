import { describe, expect, it } from 'vitest';

import type { Extension, ModelContext, Sequence, TokenId } from '../../spec/index.ts';
import { compareShapes, describeShape, isRounding } from './kernel-check.ts';

interface Pass {
  /** Sequences that take part. */
  readonly sequences: number;
  /** Tokens of each. */
  readonly tokens: number;
}

interface FakeOptions {
  readonly maxSequences?: number;
  readonly batchSize?: number;
  readonly contextLength?: number;
  /** Added to every second logit. */
  readonly error?: (pass: Pass) => number;
  /** The same for hidden states, which it keeps if this is given. */
  readonly hiddenError?: (pass: Pass) => number;
}

/** A context whose logits depend on a sequence's tokens, and on what is said to be wrong. */
function fakeContext(options: FakeOptions = {}) {
  const { maxSequences = 16, batchSize = 512, contextLength = 256 } = options;
  const held = new Map<Sequence, TokenId[]>();
  let tokens = 0;
  const context = {
    model: {
      vocabulary: {
        size: 50,
        tokenize: (text: string) => Array.from(text, (_, i) => (i * 7) % 50),
      },
    },
    maxSequences,
    batchSize,
    contextLength,
    get freeSequences() {
      return maxSequences - held.size;
    },
    createSequence() {
      const sequence = {
        get length() {
          return held.get(sequence)!.length;
        },
        [Symbol.dispose]: () => void held.delete(sequence),
      } as unknown as Sequence;
      held.set(sequence, []);
      return sequence;
    },
    extend: async (extensions: readonly Extension[]) => {
      const pass = { sequences: extensions.length, tokens: extensions[0]!.tokens.length };
      tokens += extensions.reduce((sum, each) => sum + each.tokens.length, 0);
      expect(extensions.reduce((sum, each) => sum + each.tokens.length, 0)).toBeLessThanOrEqual(
        batchSize,
      );
      return extensions.map(({ sequence, tokens: added }) => {
        const all = held.get(sequence)!;
        all.push(...added);
        expect(all.length).toBeLessThanOrEqual(contextLength);
        const sum = all.reduce((total, id, i) => total + id * (i + 1), 0);
        const value = (j: number, wrong = 0) => Math.sin(sum + j) + (j % 2) * wrong;
        const row = Float32Array.from({ length: 50 }, (_, j) => value(j, options.error?.(pass)));
        const { hiddenError } = options;
        const states = Float32Array.from({ length: 8 }, (_, j) => value(j, hiddenError?.(pass)));
        return { rows: [row], hiddenStates: hiddenError === undefined ? [] : [states] };
      });
    },
  } as unknown as ModelContext;
  return { context, tokens: () => tokens, inUse: () => held.size };
}

describe('comparing shapes', () => {
  it('finds the same bits where there are, and gives its sequences back', async () => {
    const { context, tokens, inUse } = fakeContext({ hiddenError: () => 0 });
    const shapes = await compareShapes(context);
    expect(shapes.map(({ shape }) => shape)).toEqual([
      'in one piece',
      'beside 1 other',
      'beside 3 others',
      'beside 15 others',
    ]);
    expect(shapes.every((each) => each.sameBits && isRounding(each))).toBe(true);
    expect(inUse()).toBe(0);
    expect(tokens()).toBeLessThan(250); // of a model that may take 20 ms for each
  });

  it.each([
    [
      'a batch of many gives NaN',
      { error: ({ sequences }: Pass) => (sequences > 8 ? NaN : 0) },
      15,
    ],
    ['a batch is .7 nats off', { error: ({ sequences }: Pass) => (sequences > 2 ? 0.9 : 0) }, 3],
    ['two at once are wrong', { error: ({ sequences }: Pass) => (sequences > 1 ? -1.4 : 0) }, 1],
    [
      'hidden states are NaN',
      { hiddenError: ({ sequences }: Pass) => (sequences > 8 ? NaN : 0) },
      15,
    ],
    [
      'hidden states are others',
      { hiddenError: ({ sequences }: Pass) => (sequences > 8 ? 3 : 0) },
      15,
    ],
  ] as const)('finds it if %s', async (_, options, others) => {
    const shapes = await compareShapes(fakeContext(options).context);
    const wrong = shapes.find((shape) => !isRounding(shape));
    expect(wrong?.shape).toBe(`beside ${others} ${others === 1 ? 'other' : 'others'}`);
    expect(describeShape(wrong!)).toMatch(/not finite|% off/);
  });

  it('finds it if a prompt in one piece is wrong', async () => {
    const { context } = fakeContext({
      maxSequences: 1,
      error: ({ tokens }) => (tokens > 9 ? 1.4 : 0),
    });
    const shapes = await compareShapes(context);
    expect(shapes.map((each) => [each.shape, isRounding(each)])).toEqual([['in one piece', false]]);
  });

  it('takes rounding for what it is', async () => {
    const { context } = fakeContext({
      error: ({ sequences, tokens }) => (sequences + tokens) / 500,
    });
    for (const shape of await compareShapes(context)) {
      expect(isRounding(shape)).toBe(true);
      expect(shape.sameBits).toBe(false);
    }
  });

  it('keeps within small batches and contexts', async () => {
    const small = fakeContext({ maxSequences: 16, batchSize: 16, contextLength: 4 });
    expect(await compareShapes(small.context)).toHaveLength(4);
    for (const contextLength of [2, 3]) {
      const tiny = fakeContext({ contextLength });
      const shapes = await compareShapes(tiny.context);
      expect(shapes.map(({ shape }) => shape)).toContain('in one piece');
      expect(tiny.inUse()).toBe(0);
    }
    const least = fakeContext({ maxSequences: 1, batchSize: 1, contextLength: 1 });
    expect(await compareShapes(least.context)).toEqual([]);
  });
});
