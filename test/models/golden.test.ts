import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { dequantizeFile } from '../../src/gguf/index.ts';
import { resolveRecipe, LoadedRecipe } from '../../src/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import { exactContext, temporaryFolder } from '../support/random-models.ts';

// Logits and greedy continuations that PyTorch computed from the very weights of the shipped files
// (Q8_0, dequantised), against llama.cpp through our stack. In F32 only the order of additions differs.
// llama.cpp's default cache rounds keys and values to F16, and for files as shipped it also quantises
// activations to 8 bits; PyTorch does neither. The test prints how much each of them moves a logit.

const names = ['large', 'small', 'small-chat'] as const;
type Name = (typeof names)[number];

interface Continuation {
  readonly ids: readonly number[];
  /** Smallest gap between the best and the second-best logit along the way. */
  readonly margin: number;
}

interface Golden {
  readonly prompts: readonly {
    readonly name: string;
    readonly text: string;
    readonly ids: readonly number[];
    readonly logits: Readonly<Record<Name, string>>;
    readonly greedy: Readonly<Record<Name, Continuation>>;
    readonly composed: readonly (Continuation & { readonly alpha: number })[];
  }[];
}

const root = path.resolve(import.meta.dirname, '../..');
const shipped = (name: Name) => path.join(root, 'models', `atlas-${name}.gguf`);
const endToken = 0;

let golden: Golden;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const asF32 = (name: Name) => path.join(folder.path, `${name}.gguf`);

beforeAll(async () => {
  golden = JSON.parse(await readFile(path.join(root, 'test/golden/atlas.json'), 'utf8')) as Golden;
  folder = await temporaryFolder();
  for (const name of names) await dequantizeFile(shipped(name), asF32(name));
});

afterAll(() => folder[Symbol.asyncDispose]());

function decodeLogits(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The largest difference of the last position's logits over all prompts. */
async function largestDifference(file: string, name: Name, kvType: 'f16' | 'f32'): Promise<number> {
  using model = await loadModel(file);
  using context = await model.createContext({ ...exactContext, contextLength: 512, kvType });
  let largest = 0;
  for (const prompt of golden.prompts) {
    const ids = model.vocabulary.tokenize(prompt.text, { addSpecial: true, parseSpecial: true });
    expect(ids).toEqual(prompt.ids);
    using sequence = context.createSequence();
    const [result] = await context.extend([{ sequence, tokens: ids, rows: 'last' }]);
    for (const [i, value] of decodeLogits(prompt.logits[name]).entries()) {
      largest = Math.max(largest, Math.abs(value - result!.rows[0]![i]!));
    }
  }
  return largest;
}

describe.each(names)('logits of %s', (name) => {
  it.each([
    ['in F32 with an F32 cache', asF32, 'f32', 1e-4],
    ['in F32 with the default F16 cache', asF32, 'f16', 2e-2],
    ['as shipped, with 8-bit activations', shipped, 'f16', 0.5],
  ] as const)('%s are those of PyTorch', async (what, file, kvType, tolerance) => {
    const difference = await largestDifference(file(name), name, kvType);
    console.log(`${name} ${what}: logits differ by at most ${difference.toExponential(1)}`);
    expect(difference).toBeLessThanOrEqual(tolerance);
  });
});

describe('greedy continuations', () => {
  const recipe = (file: (name: Name) => string) =>
    resolveRecipe(
      {
        models: { large: file('large'), chat: file('small-chat'), small: file('small') },
        base: 'large',
        expert: 'chat',
        antiExpert: 'small',
        sampling: { temperature: 0 },
        engine: { kvType: 'f32', contextLength: 512 },
      },
      { directory: root },
    );

  it('in F32 are those of PyTorch, for each model and for the composition', async () => {
    await using trimtab = await LoadedRecipe.load(recipe(asF32));
    for (const prompt of golden.prompts) {
      const cases = [
        [{ only: 'large' }, prompt.greedy.large],
        [{ only: 'small' }, prompt.greedy.small],
        [{ only: 'chat' }, prompt.greedy['small-chat']],
        ...prompt.composed.map(
          (expected) => [{ params: { alpha: expected.alpha } }, expected] as const,
        ),
      ] as const;
      for (const [options, { ids, margin }] of cases) {
        if (margin < 1e-3) continue; // a near tie may fall either way
        const text = { text: prompt.text };
        const answer = await trimtab.generate(text, { ...options, maxTokens: ids.length });
        const expected = ids.at(-1) === endToken ? ids.slice(0, -1) : ids;
        expect([prompt.name, options, answer.tokens.map(({ tokenId }) => tokenId)]).toEqual([
          prompt.name,
          options,
          expected,
        ]);
        expect(answer.finishReason).toBe(ids.at(-1) === endToken ? 'stop' : 'length');
      }
    }
  });
});
