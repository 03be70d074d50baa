import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { arrayOfNumbers } from '../../src/gguf/index.ts';
import { createVocabulary, writeRandomModel } from '../support/gguf/index.ts';
import { type LlamaModel, LlamaVocabulary, loadModel } from '../../src/llama/index.ts';
import { uniformAt } from '../../src/math/index.ts';
import { temporaryFolder } from '../support/random-models.ts';
import { realModelsFolder } from '../support/real-models.ts';

const embedded = fileURLToPath(new URL('../../models/', import.meta.url));

/** Tokens of a model that overlap: user-defined ones and control ones. */
const overlapping = ['<|a', 'a|>', '<|a|>', '\n', '\n\n', '\n\n\n', '{{', '{{{', '|><|', '▁▁'];

async function writeOverlapping(folder: string): Promise<string> {
  const file = path.join(folder, 'overlapping.gguf');
  const made = createVocabulary(400, 1);
  const first = made.tokens.length - overlapping.length;
  const tokens = made.tokens.map((token, id) => overlapping[id - first] ?? token);
  const types = made.types.map((type, id) => (id < first ? type : id % 3 === 0 ? 3 : 4));
  const merges = made.merges.filter((merge) => tokens.includes(merge.replace(' ', '')));
  await writeRandomModel(file, {
    vocabSize: 400,
    embeddingLength: 64,
    blockCount: 1,
    headCount: 2,
    feedForwardLength: 64,
    contextLength: 64,
    type: 'Q8_0',
    seed: 1,
    vocabulary: { ...made, tokens, types, merges },
    metadata: [['tokenizer.ggml.token_type', arrayOfNumbers('int32', types)]],
  });
  return file;
}

interface Call {
  readonly bytes: number;
  readonly parseSpecial: boolean;
}

/** A vocabulary that tells of its calls of llama.cpp, and llama.cpp's own tokenizer. */
function watch({ library, pointer }: LlamaModel) {
  const { api } = library;
  const calls: Call[] = [];
  const own = api.modelVocab(pointer);
  const counted = (...given: Parameters<typeof api.tokenize>): number => {
    calls.push({ bytes: given[2], parseSpecial: given[6] });
    return api.tokenize(...given);
  };
  counted.async = (...given: Parameters<typeof api.tokenize.async>): void => {
    calls.push({ bytes: given[2], parseSpecial: given[6] });
    api.tokenize.async(...given);
  };
  const vocabulary = new LlamaVocabulary({ ...api, tokenize: counted }, () => own);
  const native = (text: string, addSpecial: boolean, parseSpecial: boolean): number[] => {
    const bytes = Buffer.from(text);
    const ids = new Int32Array(bytes.length + 8);
    const count = api.tokenize(own, bytes, bytes.length, ids, ids.length, addSpecial, parseSpecial);
    return [...ids.subarray(0, count)];
  };
  return { vocabulary, native, calls };
}

const names = ['overlapping', 'atlas-large', 'smollm2-135m-instruct-q4_1'];
names.push('qwen2.5-coder-0.5b-instruct-q4_k_m', 'gemma-3-270m-base-q4_k_m');

describe.each(names)('the tokens of %s', (name) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let model: LlamaModel | undefined;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const file = [embedded, realModelsFolder]
      .map((place) => path.join(place, `${name}.gguf`))
      .find((each) => existsSync(each));
    const given = name === 'overlapping' ? await writeOverlapping(folder.path) : file;
    if (given === undefined) console.warn(`Left out: ${name} is not in ${realModelsFolder}.`);
    else model = await loadModel(given, { vocabularyOnly: true });
  });
  afterAll(async () => {
    model?.[Symbol.dispose]();
    await folder[Symbol.asyncDispose]();
  });

  it("are llama.cpp's, however many special ones are spelled", async ({ skip }) => {
    if (model === undefined) skip();
    if (model === undefined) return;
    const { vocabulary, native } = watch(model);
    const labels = Array.from({ length: vocabulary.size }, (_, id) => id)
      .filter((id) => vocabulary.isControl(id))
      .map((id) => vocabulary.label(id));
    const bits = [
      'a',
      ' b',
      '\n',
      '\n\n\n',
      '  ',
      '<',
      '|>',
      '▁',
      '▁▁▁',
      'é',
      '日本',
      '>',
      '<|',
      '<|a|><|a',
      '1234',
      '\r\n',
      '</',
      '[',
      ']',
      '\u{1f600}',
      '\uD800',
      '<table>',
      '\uFFFD',
      '{',
      '{{',
    ];
    for (let seed = 0; seed < 40; seed++) {
      const draw = (i: number, of: readonly string[]) =>
        of[Math.floor(uniformAt(seed, i) * of.length)]!;
      const pool = [...Array(1 + (seed % 9)).keys()].map((i) =>
        draw(1000 + i, i % 3 === 0 ? labels : bits),
      );
      const mixed = seed % 2 === 0 ? [...pool, ...bits] : pool;
      const text = Array.from({ length: 10 + 20 * seed }, (_, i) => draw(i, mixed)).join('');
      for (const [addSpecial, parseSpecial] of [
        [true, true],
        [false, true],
        [true, false],
      ] as const) {
        const options = { addSpecial, parseSpecial };
        const wanted = native(text, addSpecial, parseSpecial);
        const tokens = vocabulary.tokenize(text, options);
        expect({ text, tokens }).toEqual({ text, tokens: wanted });
        const long = await vocabulary.tokenizeLong(text, { ...options, most: Infinity });
        expect(long).toEqual(wanted);
      }
    }
  });

  it('take llama.cpp no more than the text, and no search for control tokens', ({ skip }) => {
    if (model === undefined) skip();
    if (model === undefined) return;
    const { vocabulary, calls } = watch(model);
    const label = vocabulary.label(vocabulary.special.eos!);
    const options = { addSpecial: false, parseSpecial: true };
    const tokens = vocabulary.tokenize(`${label} x\n`.repeat(2000), options);
    expect(tokens.filter((id) => id === vocabulary.special.eos)).toHaveLength(2000);
    expect(calls.every(({ parseSpecial }) => !parseSpecial)).toBe(true);
    expect(calls.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(2000 * 3);
  });

  it('end where there are more than wanted, and leave turns to others', async ({ skip }) => {
    if (model === undefined) skip();
    if (model === undefined) return;
    const { vocabulary, calls } = watch(model);
    const label = vocabulary.label(vocabulary.special.eos!);
    const options = { addSpecial: false, parseSpecial: true };
    const part = `${label} x`;
    const first = await vocabulary.tokenizeLong(part.repeat(50_000), { ...options, most: 500 });
    expect(first.length).toBeGreaterThan(500);
    expect(calls.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(2000);
    let turns = 0;
    const turn = setInterval(() => turns++, 0);
    const whole = vocabulary.tokenizeLong(part.repeat(20_000), { ...options, most: Infinity });
    expect((await whole).filter((id) => id === vocabulary.special.eos)).toHaveLength(20_000);
    clearInterval(turn);
    expect(turns).toBeGreaterThan(1);
    // One long part goes beside: freed while it runs, the model waits for it.
    const long = 'ab '.repeat(30_000);
    expect(await vocabulary.tokenizeLong(long, { ...options, most: Infinity })).toEqual(
      vocabulary.tokenize(long, options),
    );
  });
});

it('are computed to their end where the model is disposed of meanwhile', async () => {
  const model = await loadModel(path.join(embedded, 'atlas-large.gguf'), { vocabularyOnly: true });
  const options = { addSpecial: false, parseSpecial: true, most: Infinity };
  const running = model.vocabulary.tokenizeLong('some words '.repeat(20_000), options);
  await Promise.resolve();
  model[Symbol.dispose]();
  const outcome = await running.then(
    (tokens) => tokens.length,
    (error: unknown) => (error as { code: string }).code,
  );
  expect([outcome === 'disposed', Number(outcome) > 20_000]).toContain(true);
});
