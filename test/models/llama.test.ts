import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { float32, readGgufHeader, readTensor, string, writeGguf } from '../../src/gguf/index.ts';
import { loadModel, type LlamaContext, type LlamaModel } from '../../src/llama/index.ts';
import {
  ContextLengthError,
  ContractError,
  DisposedError,
  GgufError,
  InvalidOptionError,
  KvCacheFullError,
  type ContextOptions,
} from '../../src/spec/index.ts';
import { exactContext, temporaryFolder, writeTinyModel } from '../support/random-models.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
let model: LlamaModel;
/** A wider model: many tokens of it are more work than is done synchronously. */
let wide: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  wide = await writeTinyModel(folder.path, 'wide', {
    embeddingLength: 512,
    blockCount: 8,
    feedForwardLength: 1024,
  });
  file = await writeTinyModel(folder.path, 'tiny');
  model = await loadModel(file);
});

afterAll(async () => {
  model[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
});

const tokens = (count: number, seed = 1) =>
  Array.from({ length: count }, (_, i) => (i * 37 + seed * 11) % 500);

async function createContext(options: Partial<ContextOptions> = {}): Promise<LlamaContext> {
  return model.createContext({ ...exactContext, ...options });
}

/** The last row of a fresh sequence of `ids`, copied. */
async function freshRow(context: LlamaContext, ids: readonly number[]): Promise<Float32Array> {
  using sequence = context.createSequence();
  const [result] = await context.extend([{ sequence, tokens: ids, rows: 'last' }]);
  return result!.rows[0]!.slice();
}

describe('a model', () => {
  it('knows its vocabulary', () => {
    const { vocabulary } = model;
    expect(vocabulary.size).toBe(512);
    expect(vocabulary.special.endOfGeneration).toEqual([vocabulary.special.eos]);
    const ids = vocabulary.tokenize('the tea — é', { addSpecial: false, parseSpecial: false });
    const bytes = ids.flatMap((id) => [...vocabulary.piece(id)]);
    expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe('the tea — é');
  });

  it('reads control tokens only when told to', () => {
    const { vocabulary } = model;
    const [control, ...rest] = vocabulary.tokenize('<|user|>', {
      addSpecial: false,
      parseSpecial: true,
    });
    expect(rest).toEqual([]);
    expect(vocabulary.isControl(control!)).toBe(true);
    expect(vocabulary.piece(control!)).toHaveLength(0);
    expect(vocabulary.label(control!)).toBe('<|user|>');
    const asText = vocabulary.tokenize('<|user|>', { addSpecial: false, parseSpecial: false });
    expect(asText.length).toBeGreaterThan(1);
  });

  it('refuses token ids outside its vocabulary before native code sees them', () => {
    for (const id of [-1, 512, 1.5, Number.NaN]) {
      expect(() => model.vocabulary.piece(id)).toThrow(InvalidOptionError);
    }
  });

  it('names the field of a file that is cut short', async () => {
    const cut = await writeTinyModel(folder.path, 'cut');
    await truncate(cut, 3000);
    await expect(loadModel(cut)).rejects.toThrow(GgufError);
  });

  it('says why llama.cpp refuses a file whose header is sound', async () => {
    const odd = await writeTinyModel(folder.path, 'odd', {
      metadata: [['general.architecture', string('perceptron')]],
    });
    await expect(loadModel(odd)).rejects.toThrow(/perceptron|architecture/);
  });

  it('refuses what is not a GGUF file, a folder and nothing', async () => {
    const text = path.join(folder.path, 'text.gguf');
    await writeFile(text, 'not a model');
    await expect(loadModel(text)).rejects.toThrow(GgufError);
    await expect(loadModel(folder.path)).rejects.toThrow(GgufError);
    await expect(loadModel(path.join(folder.path, 'absent.gguf'))).rejects.toThrow(/absent\.gguf/);
  });

  it('reports progress and obeys an abort', async () => {
    const shares: number[] = [];
    using loaded = await loadModel(file, { onProgress: (share) => shares.push(share) });
    expect(shares.at(-1)).toBe(1);
    expect(loaded.weightBytes).toBeGreaterThan(0);
    const reason = new Error('enough');
    await expect(loadModel(file, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('cannot be used once disposed of', async () => {
    const other = await loadModel(file);
    const context = await other.createContext(exactContext);
    other[Symbol.dispose]();
    expect(() => context.createSequence()).toThrow(DisposedError);
    expect(() => other.vocabulary.piece(1)).toThrow(DisposedError);
    await expect(other.createContext(exactContext)).rejects.toThrow(DisposedError);
  });
});

describe('the cache', () => {
  it('gives the same row alone, in a batch, in chunks, forked and after a truncation: bit for bit', async () => {
    using context = await createContext();
    const prompt = tokens(40);
    const alone = await freshRow(context, prompt);

    using first = context.createSequence();
    using second = context.createSequence();
    const batched = await context.extend([
      { sequence: second, tokens: tokens(23, 9), rows: 'last' },
      { sequence: first, tokens: prompt, rows: 'all' },
    ]);
    expect(batched[1]!.rows).toHaveLength(40);
    expect(batched[1]!.rows[39]).toEqual(alone);
    // Whatever order the context decodes in, results come in that of the extensions.
    expect(batched[0]!.rows).toEqual([await freshRow(context, tokens(23, 9))]);

    second.truncate(0);
    await context.extend([{ sequence: second, tokens: prompt.slice(0, 17), rows: 'none' }]);
    const chunked = await context.extend([
      { sequence: second, tokens: prompt.slice(17), rows: 'last' },
    ]);
    expect(chunked[0]!.rows[0]).toEqual(alone);

    using fork = first.fork(25);
    expect(fork.length).toBe(25);
    first.truncate(3); // the copy must not change with its source
    const forked = await context.extend([
      { sequence: fork, tokens: prompt.slice(25), rows: 'last' },
    ]);
    expect(forked[0]!.rows[0]).toEqual(alone);

    const again = await context.extend([
      { sequence: first, tokens: prompt.slice(3), rows: 'last' },
    ]);
    expect(again[0]!.rows[0]).toEqual(alone);
  });

  it('forks in a unified cache as well, within rounding', async () => {
    using context = await createContext({ unifiedCache: true });
    const prompt = tokens(30);
    using source = context.createSequence();
    await context.extend([{ sequence: source, tokens: prompt, rows: 'none' }]);
    const forks = [source.fork(), source.fork(), source.fork()];
    const rows = await context.extend(
      forks.map((sequence) => ({ sequence, tokens: [7], rows: 'last' as const })),
    );
    const expected = await freshRowOf([...prompt, 7]);
    for (const {
      rows: [row],
    } of rows) {
      for (const [i, value] of row!.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    }
    for (const fork of forks) fork[Symbol.dispose]();
    expect(context.freeSequences).toBe(3);
  });

  async function freshRowOf(ids: readonly number[]): Promise<Float32Array> {
    using context = await createContext();
    return await freshRow(context, ids);
  }

  it('keeps hidden states beside rows when asked, also after a chunk without rows', async () => {
    using context = await createContext({ hiddenStates: true });
    using sequence = context.createSequence();
    await context.extend([{ sequence, tokens: tokens(12), rows: 'none' }]);
    const [result] = await context.extend([{ sequence, tokens: [5, 6], rows: 'all' }]);
    expect(result!.hiddenStates).toHaveLength(2);
    expect(result!.hiddenStates[1]).toHaveLength(64);
    const plain = await freshRowOf([...tokens(12), 5, 6]);
    for (const [i, value] of result!.rows[1]!.entries()) expect(value).toBeCloseTo(plain[i]!, 5);
  });

  it('decodes on the pool too, and leaves the event loop free', async () => {
    using big = await loadModel(wide);
    using context = await big.createContext(exactContext);
    using sequence = context.createSequence();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const extending = context.extend([{ sequence, tokens: tokens(400), rows: 'last' }]);
    await expect(context.extend([{ sequence, tokens: [1], rows: 'last' }])).rejects.toThrow(
      /decoding/,
    );
    const [result] = await extending;
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(result!.rows[0]!.every(Number.isFinite)).toBe(true);
  });

  it('may be disposed of while it decodes', async () => {
    const big = await loadModel(wide);
    const context = await big.createContext(exactContext);
    const sequence = context.createSequence();
    const extending = context.extend([{ sequence, tokens: tokens(400), rows: 'last' }]);
    big[Symbol.dispose]();
    await expect(extending).rejects.toThrow(DisposedError);
    await context.idle;
  });
});

describe('a LoRA adapter', () => {
  const tensor = 'blk.1.ffn_up.weight';
  const [rank, width, height] = [4, 64, 128];
  const [alpha, scale] = [8, 0.5];
  const factor = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7 + seed) / 4);
  const [a, b] = [factor(width * rank, 1), factor(rank * height, 2)];

  async function writeAdapter(name: string, target = tensor): Promise<string> {
    const adapter = path.join(folder.path, name);
    await writeGguf(adapter, {
      metadata: new Map([
        ['general.type', string('adapter')],
        ['general.architecture', string('llama')],
        ['adapter.type', string('lora')],
        ['adapter.lora.alpha', float32(alpha)],
      ]),
      tensors: [
        { name: `${target}.lora_a`, shape: [width, rank], type: 'F32', data: a },
        { name: `${target}.lora_b`, shape: [rank, height], type: 'F32', data: b },
      ],
    });
    return adapter;
  }

  it('gives the rows of the model with the adapter merged: W + scale * alpha / rank * B A', async () => {
    const plain = await writeTinyModel(folder.path, 'f32', { type: 'F32' });
    const merged = path.join(folder.path, 'merged.gguf');
    const header = await readGgufHeader(plain);
    await writeGguf(merged, {
      metadata: header.metadata,
      tensors: await Promise.all(
        [...header.tensors.values()].map(async ({ name, shape }) => {
          const data = await readTensor(plain, header, name);
          if (name === tensor) addLowRank(data);
          return { name, shape, type: 'F32' as const, data };
        }),
      ),
    });
    const lora = await writeAdapter('adapter.gguf');
    const adapters = [{ kind: 'lora', file: lora, scale }] as const;
    const options = { ...exactContext, kvType: 'f32' } as const;
    using model32 = await loadModel(plain);
    using adapted = await model32.createContext({ ...options, adapters });
    using unscaled = await model32.createContext({
      ...options,
      adapters: [{ ...adapters[0], scale: 0 }],
    });
    using bare = await model32.createContext(options);
    using mergedModel = await loadModel(merged);
    using mergedContext = await mergedModel.createContext(options);
    const [withAdapter, expected, base] = [
      await freshRow(adapted, tokens(20)),
      await freshRow(mergedContext, tokens(20)),
      await freshRow(bare, tokens(20)),
    ];
    expect(await freshRow(unscaled, tokens(20))).toEqual(base);
    const distance = (x: Float32Array, y: Float32Array) =>
      Math.max(...x.map((value, i) => Math.abs(value - y[i]!)));
    expect(distance(withAdapter, expected)).toBeLessThan(1e-4);
    expect(distance(expected, base)).toBeGreaterThan(1e-2);
  });

  function addLowRank(weights: Float32Array): void {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (let r = 0; r < rank; r++) sum += b[row * rank + r]! * a[r * width + column]!;
        weights[row * width + column]! += ((scale * alpha) / rank) * sum;
      }
    }
  }

  it('that fits another model, or is none, is refused', async () => {
    const wrong = await writeAdapter('wrong.gguf', 'blk.9.ffn_up.weight');
    await expect(
      createContext({ adapters: [{ kind: 'lora', file: wrong, scale: 1 }] }),
    ).rejects.toThrow(/wrong\.gguf.*tiny/);
    await expect(createContext({ adapters: [{ kind: 'lora', file, scale: 1 }] })).rejects.toThrow(
      /does not fit/,
    );
    const good = path.join(folder.path, 'adapter.gguf');
    await expect(
      createContext({ adapters: [{ kind: 'lora', file: good, scale: Number.NaN }] }),
    ).rejects.toThrow(/NaN/);
  });
});

describe('what llama.cpp would abort on is refused', () => {
  it('in options', async () => {
    const bad: Partial<ContextOptions>[] = [
      { contextLength: 0 },
      { contextLength: 2048 },
      { maxSequences: 257 },
      { maxSequences: 0 },
      { batchSize: 0 },
      { maxRows: 0 },
      { threads: 0 },
      { kvType: 'q8_0' },
    ];
    for (const options of bad) {
      await expect(createContext(options)).rejects.toThrow(InvalidOptionError);
    }
  });

  it('is not met with fewer rows than sequences', async () => {
    using context = await createContext({ maxSequences: 9, maxRows: 8 });
    using sequence = context.createSequence();
    const [result] = await context.extend([{ sequence, tokens: tokens(4), rows: 'last' }]);
    expect(result!.rows).toHaveLength(1);
  });

  it('in extensions, and nothing is appended', async () => {
    using context = await createContext({ batchSize: 64, maxRows: 8, contextLength: 128 });
    using sequence = context.createSequence();
    using stranger = (await createContext()).createSequence();
    await context.extend([{ sequence, tokens: tokens(60), rows: 'none' }]);
    const extend = (ids: readonly number[], rows: 'none' | 'last' | 'all' = 'last') =>
      context.extend([{ sequence, tokens: ids, rows }]);
    await expect(extend(tokens(65), 'none')).rejects.toThrow(/65 tokens.*holds 64/);
    await expect(extend(tokens(9), 'all')).rejects.toThrow(/9 rows.*created for 8/);
    await expect(extend([512])).rejects.toThrow(/512.*vocabulary of 512/);
    await expect(extend([-1])).rejects.toThrow(ContractError);
    await expect(extend([0.5])).rejects.toThrow(ContractError);
    await expect(
      context.extend([
        { sequence, tokens: [1], rows: 'last' },
        { sequence, tokens: [2], rows: 'last' },
      ]),
    ).rejects.toThrow(/twice/);
    await expect(
      context.extend([{ sequence: stranger, tokens: [1], rows: 'last' }]),
    ).rejects.toThrow(/belong/);
    await extend(tokens(60), 'none');
    await expect(extend(tokens(9), 'none')).rejects.toThrow(ContextLengthError);
    expect(sequence.length).toBe(120);
    const reason = new Error('no more');
    await expect(
      context.extend([{ sequence, tokens: [1], rows: 'last' }], AbortSignal.abort(reason)),
    ).rejects.toBe(reason);
  });

  it('in sequences', async () => {
    using context = await createContext({ maxSequences: 2 });
    using sequence = context.createSequence();
    const other = context.createSequence();
    expect(() => context.createSequence()).toThrow(KvCacheFullError);
    expect(() => sequence.fork()).toThrow(KvCacheFullError);
    expect(() => sequence.truncate(1)).toThrow(ContractError);
    expect(() => sequence.truncate(-1)).toThrow(ContractError);
    other[Symbol.dispose]();
    other[Symbol.dispose]();
    expect(context.freeSequences).toBe(1);
    expect(() => other.truncate(0)).toThrow(DisposedError);
    await expect(context.extend([{ sequence: other, tokens: [1], rows: 'last' }])).rejects.toThrow(
      /disposed/,
    );
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Gives freed memory back to the system. Models load on the threads of Node's pool, for each of which
 * glibc keeps an arena with whatever was freed there; how much that is differs from run to run.
 */
function trimHeap(): void {
  if (process.platform !== 'linux') return;
  try {
    (koffi.load('libc.so.6').func('int malloc_trim(size_t pad)') as (pad: number) => number)(0);
  } catch {
    // another C library, which keeps less
  }
}

it('loads and frees ten times without growing', async () => {
  const once = async () => {
    using loaded = await loadModel(wide);
    using context = await loaded.createContext(exactContext);
    using sequence = context.createSequence();
    await context.extend([{ sequence, tokens: tokens(16), rows: 'last' }]);
  };
  const residentAfterCollection = () => {
    collectGarbage();
    trimHeap();
    return process.memoryUsage.rss();
  };
  for (let i = 0; i < 3; i++) await once();
  const before = residentAfterCollection();
  for (let i = 0; i < 10; i++) await once();
  const grown = residentAfterCollection() - before;
  console.log(`grew by ${(grown / 2 ** 20).toFixed(1)} MiB`);
  // Ten models of 22 MB that stayed, or ten contexts of 67, would be more than four times this; 2 MiB were seen.
  expect(grown).toBeLessThan(50 * 2 ** 20);
});

describe('a saved sequence', () => {
  it.each([{}, { batchInvariant: true }, { kvType: 'f32' }, { unifiedCache: true }] as const)(
    'goes on in another context with the same bits: %j',
    async (options) => {
      using context = await createContext(options);
      using other = await createContext(options);
      const text = tokens(40);
      using sequence = context.createSequence();
      await context.extend([{ sequence, tokens: text, rows: 'none' }]);
      const state = await context.saveSequence(sequence);
      using busy = other.createSequence();
      await other.extend([{ sequence: busy, tokens: tokens(9, 3), rows: 'none' }]);
      using restored = await other.restoreSequence(state, text.length);
      expect(restored.length).toBe(40);
      const next = { tokens: tokens(5, 2), rows: 'last' } as const;
      const [expected] = await context.extend([{ sequence, ...next }]);
      const [actual] = await other.extend([{ sequence: restored, ...next }]);
      expect(actual!.rows[0]!.slice()).toEqual(expected!.rows[0]!.slice());
      // Cut to a part of it, as a prompt that shares its beginning does.
      restored.truncate(20);
      const [cut] = await other.extend([{ sequence: restored, ...next }]);
      const cutRow = cut!.rows[0]!.slice();
      expect(cutRow).toEqual(await freshRow(context, [...text.slice(0, 20), ...next.tokens]));
    },
  );

  it('is refused where it does not fit, and leaves nothing behind', async () => {
    using context = await createContext();
    using sequence = context.createSequence();
    await context.extend([{ sequence, tokens: tokens(12), rows: 'none' }]);
    const state = await context.saveSequence(sequence);
    using wider = await createContext({ kvType: 'f32' });
    const free = wider.freeSequences;
    await expect(wider.restoreSequence(state, 12)).rejects.toThrow('llama_state_seq_set_data');
    await expect(context.restoreSequence(state, 11)).rejects.toThrow('12 tokens and not 11');
    await expect(context.restoreSequence(state, 10_000)).rejects.toThrow(ContextLengthError);
    await expect(context.restoreSequence(new Uint8Array(3), 12)).rejects.toThrow('set_data');
    expect(wider.freeSequences).toBe(free);
    expect(await freshRow(wider, tokens(3))).toHaveLength(model.vocabulary.size);
  });
});
