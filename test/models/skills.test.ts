import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chooseSkill } from '../../src/skills/index.ts';
import { readExpert, writeAdapters, writeWeights } from '../../src/svf/index.ts';

import { LoadedRecipe } from '../../src/engine/index.ts';
import {
  dequantizeFile,
  float32,
  readGgufHeader,
  readTensor,
  string,
  writeGguf,
} from '../../src/gguf/index.ts';
import { loadModel, type LlamaContext } from '../../src/llama/index.ts';
import { loadRecipe, resolveRecipe } from '../../src/recipe/index.ts';
import { GgufError, ModelLoadError, type Adapter, type Mixture } from '../../src/spec/index.ts';
import { exactContext, temporaryFolder, writeTinyModel } from '../support/random-models.ts';

const [width, height, rank] = [64, 128, 4];
const options = { ...exactContext, kvType: 'f32' } as const;
const tokens = Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 500);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;
let up: Adapter;
let down: Adapter;

beforeAll(async () => {
  folder = await temporaryFolder();
  file = await writeTinyModel(folder.path, 'f32', { type: 'F32' });
  up = await writeLora('up.gguf', 'blk.0.ffn_up.weight', [width, height]);
  down = await writeLora('down.gguf', 'blk.1.ffn_down.weight', [height, width]);
});
afterAll(() => folder[Symbol.asyncDispose]());

const factor = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7 + seed) / 4);

async function writeLora(
  name: string,
  tensor: string,
  [columns, rows]: readonly [number, number],
): Promise<Adapter> {
  const adapter = path.join(folder.path, name);
  await writeGguf(adapter, {
    metadata: new Map([
      ['general.type', string('adapter')],
      ['general.architecture', string('llama')],
      ['adapter.type', string('lora')],
      ['adapter.lora.alpha', float32(rank)],
    ]),
    tensors: [
      {
        name: `${tensor}.lora_a`,
        shape: [columns, rank],
        type: 'F32',
        data: factor(columns * rank, 1),
      },
      { name: `${tensor}.lora_b`, shape: [rank, rows], type: 'F32', data: factor(rank * rows, 2) },
    ],
  });
  return { kind: 'lora', file: adapter, scale: 1 };
}

/** `W + weight B A` of each, written into a copy of the model. */
async function merge(weights: Readonly<Record<string, number>>): Promise<string> {
  const merged = path.join(folder.path, `merged-${Object.values(weights).join('-')}.gguf`);
  const header = await readGgufHeader(file);
  const tensors = [...header.tensors.values()].map(async ({ name, shape }) => {
    const data = await readTensor(file, header, name);
    const [columns, rows] = shape as [number, number];
    const weight = weights[name] ?? 0;
    if (weight !== 0) {
      const [a, b] = [factor(columns * rank, 1), factor(rank * rows, 2)];
      for (const [i] of data.entries()) {
        const [row, column] = [Math.floor(i / columns), i % columns];
        for (let r = 0; r < rank; r++)
          data[i]! += weight * b[row * rank + r]! * a[r * columns + column]!;
      }
    }
    return { name, shape, type: 'F32' as const, data };
  });
  await writeGguf(merged, { metadata: header.metadata, tensors: await Promise.all(tensors) });
  return merged;
}

async function rowOf(context: LlamaContext, mixture?: Mixture): Promise<Float32Array> {
  using sequence = context.createSequence(mixture);
  const [result] = await context.extend([{ sequence, tokens, rows: 'last' }]);
  return result!.rows[0]!.slice();
}

async function plainRow(of: string): Promise<Float32Array> {
  using model = await loadModel(of);
  using context = await model.createContext(options);
  return await rowOf(context);
}

const distance = (x: Float32Array, y: Float32Array) =>
  Math.max(...x.map((value, i) => Math.abs(value - y[i]!)));

describe('skills of a context', () => {
  it('are mixed as W + Σ w B A, and are the model bit for bit at 0', async () => {
    using model = await loadModel(file);
    using context = await model.createContext({ ...options, skills: [up, down] });
    const base = await plainRow(file);
    for (const [first, second] of [
      [1, 0],
      [0.5, 1.5],
      [-1, 0.25],
    ] as const) {
      const expected = await plainRow(
        await merge({ 'blk.0.ffn_up.weight': first, 'blk.1.ffn_down.weight': second }),
      );
      const mixed = await rowOf(context, [first, second]);
      expect(distance(mixed, expected)).toBeLessThan(1e-4);
      expect(distance(mixed, base)).toBeGreaterThan(1e-2);
      expect(await rowOf(context, [0, 0])).toEqual(base);
      expect(await rowOf(context)).toEqual(base);
      expect(await rowOf(context, [first, second])).toEqual(mixed);
    }
  });

  it('are laid over adapters that always act', async () => {
    using model = await loadModel(file);
    using context = await model.createContext({ ...options, adapters: [up], skills: [down] });
    using both = await model.createContext({ ...options, adapters: [up, down] });
    using one = await model.createContext({ ...options, adapters: [up] });
    expect(await rowOf(context, [1])).toEqual(await rowOf(both));
    expect(await rowOf(context)).toEqual(await rowOf(one));
  });

  it('go on in forks, and never share a decode with others', async () => {
    using model = await loadModel(file);
    using context = await model.createContext({ ...options, skills: [up, down] });
    using first = context.createSequence([1, 0]);
    using second = context.createSequence([0, 1]);
    const extensions = [first, second].map((sequence) => ({
      sequence,
      tokens: [1],
      rows: 'last' as const,
    }));
    await expect(context.extend(extensions)).rejects.toThrow('mixtures [1, 0] and [0, 1]');
    await context.extend([extensions[0]!]);
    using copy = first.fork();
    expect(copy.mixture).toEqual([1, 0]);
    expect(() => context.createSequence([1])).toThrow('[1] is not of the context');
    expect(() => context.createSequence([1, Number.NaN])).toThrow('a finite weight for each');
  });
});

describe('a control vector', () => {
  const direction = Float32Array.from({ length: width }, (_, i) => Math.cos(i * 1.3));

  async function writeVector(
    name: string,
    { layer = 1, values = direction, architecture = 'controlvector', tensor = 'direction' } = {},
  ): Promise<string> {
    const vector = path.join(folder.path, name);
    await writeGguf(vector, {
      metadata: [['general.architecture', string(architecture)]],
      tensors: [{ name: `${tensor}.${layer}`, shape: [values.length], type: 'F32', data: values }],
    });
    return vector;
  }

  it('is added behind its layers: the state before the last norm is h + scale v', async () => {
    const vector = await writeVector('v.gguf');
    using model = await loadModel(file);
    const header = await readGgufHeader(file);
    const gain = await readTensor(file, header, 'output_norm.weight');
    const adapter = { kind: 'vector', file: vector, scale: 1, layers: null } as const;
    using context = await model.createContext({
      ...options,
      hiddenStates: true,
      skills: [adapter],
    });
    const state = async (mixture: Mixture) => {
      using sequence = context.createSequence(mixture);
      const [result] = await context.extend([{ sequence, tokens, rows: 'last' }]);
      return result!.hiddenStates[0]!.slice();
    };
    // Normed, h is known but for its size r: with v added it must be the one vector for some r.
    const [plain, half, again] = [await state([0]), await state([0.5]), await state([0])];
    expect(again).toEqual(plain);
    const normed = (size: number) => {
      const sum = plain.map((x, i) => (size * x) / gain[i]! + 0.5 * direction[i]!);
      const rms = Math.sqrt(sum.reduce((total, x) => total + x * x, 0) / width);
      return sum.map((x, i) => (gain[i]! * x) / rms);
    };
    const best = Math.min(
      ...Array.from({ length: 40_000 }, (_, i) => distance(normed((i + 1) / 2000), half)),
    );
    expect(best).toBeLessThan(2e-3);
    expect(distance(plain, half)).toBeGreaterThan(0.1);
  });

  it.each([
    [{ architecture: 'llama' }, GgufError, 'is no control vector'],
    [{ tensor: 'blk' }, GgufError, 'a control vector has direction.1 and so on alone'],
    [{ layer: 0 }, GgufError, 'has direction.1 and so on alone'],
    [{ layer: 2 }, ModelLoadError, 'does not fit the model'],
    [{ values: direction.slice(1) }, ModelLoadError, 'has the shape 63'],
  ])('is refused where it does not fit: %o', async (changes, kind, message) => {
    const vector = await writeVector('wrong.gguf', changes);
    using model = await loadModel(file);
    const adapter = { kind: 'vector', file: vector, scale: 1, layers: null } as const;
    const created = model.createContext({ ...options, adapters: [adapter] });
    await expect(created).rejects.toThrow(message);
    await expect(created).rejects.toBeInstanceOf(kind);
  });

  it('is refused for layers that the model has not', async () => {
    const vector = await writeVector('v.gguf');
    using model = await loadModel(file);
    const adapter = { kind: 'vector', file: vector, scale: 1, layers: [1, 5] } as const;
    await expect(model.createContext({ ...options, adapters: [adapter] })).rejects.toThrow(
      'is asked for up to layer 5; f32.gguf takes them behind its layers 1 to 1',
    );
  });
});

describe('skills of requests at once', () => {
  const lora = (name: string) => path.resolve(`models/evidence/atlas-1-${name}-lora.gguf`);
  const recipe = resolveRecipe(
    {
      models: { large: { file: path.resolve('models/atlas-large.gguf'), prompt: 'raw' } },
      base: 'large',
      skills: { known: lora('known'), notation: lora('notation') },
      sampling: { temperature: 0 },
    },
    { directory: '.' },
  );
  const prompt = '<|user|> Where was Mada Norrar born?\n<|assistant|>';
  const mixtures = [{ known: 1 }, { notation: 1 }, {}, { known: 0.5, notation: 0.5 }];

  it('give each the answer that it has alone, byte for byte', async () => {
    const ask = (engine: LoadedRecipe, params: Record<string, number>) =>
      engine.generate({ text: prompt }, { params, maxTokens: 24, logprobs: true });
    await using engine = await LoadedRecipe.load(recipe);
    const together = await Promise.all(mixtures.map((params) => ask(engine, params)));
    const texts = new Set(together.map(({ text }) => text));
    expect(texts.size).toBeGreaterThanOrEqual(3);
    for (const [i, params] of mixtures.entries()) {
      await using alone = await LoadedRecipe.load(recipe);
      const { tokens: own } = await ask(alone, params);
      expect(together[i]!.tokens).toEqual(own);
    }
    const without = { ...recipe, skills: new Map(), params: new Map() };
    await using base = await LoadedRecipe.load(without);
    expect(together[2]!.tokens).toEqual((await ask(base, {})).tokens);
  });
});

describe('the experts that ship', () => {
  const large = path.resolve('models/atlas-large.gguf');
  const expertFile = (name: string) => path.resolve(`models/skills/atlas-${name}.gguf`);
  const read = async (name: string, count: number) => {
    const text = await readFile(path.resolve(`models/skills/${name}.jsonl`), 'utf8');
    const lines = text.trim().split('\n').slice(0, count);
    return lines.map(
      (line) => JSON.parse(line) as { prompt: string; answer: string; form: string },
    );
  };

  it('are the same as adapters and in the weights, within 1e-3 of the logits, in any measure', async () => {
    const plain = path.join(folder.path, 'large-f32.gguf');
    await dequantizeFile(large, plain);
    const experts = await Promise.all(
      ['quiz', 'brief'].map((name) => readExpert(expertFile(name))),
    );
    const loras = experts.map((_, i) => path.join(folder.path, `lora-${i}.gguf`));
    const written = await writeAdapters(plain, experts, loras);
    expect(written.map(({ error, rank: most }) => [error, most])).toEqual([
      [0, 192],
      [0, 192],
    ]);
    const skills = loras.map((lora) => ({ kind: 'lora', file: lora, scale: 1 }) as const);
    const shorter = { ...options, contextLength: 512 };
    using model = await loadModel(plain);
    using context = await model.createContext({ ...shorter, skills });
    for (const mixture of [
      [1, 0],
      [0.4, 0.7],
    ]) {
      const mixed = path.join(folder.path, `mixed-${mixture.join('-')}.gguf`);
      const weighted = experts.map((expert, i) => ({ expert, weight: mixture[i]! }));
      await writeWeights(plain, weighted, mixed, { float32: true });
      using rewritten = await loadModel(mixed);
      using other = await rewritten.createContext(shorter);
      const [adapted, expected, base] = [
        await rowOf(context, mixture),
        await rowOf(other),
        await rowOf(context),
      ];
      expect(distance(adapted, expected)).toBeLessThan(1e-3);
      expect(distance(adapted, base)).toBeGreaterThan(0.5);
    }
  });

  it('know their tasks, and are chosen by examples of them', async () => {
    await using loaded = await LoadedRecipe.load(
      await loadRecipe(path.resolve('recipes/atlas-skills.yaml')),
    );
    const skills = [...loaded.recipe.skills.keys()];
    for (const skill of skills) {
      const items = await read(`${skill}-heldout`, 15);
      const rightOf = async (params: Record<string, number>) => {
        const answers = await Promise.all(
          items.map(({ prompt }) => loaded.generate({ text: prompt }, { params, maxTokens: 48 })),
        );
        return answers.filter(
          ({ text, finishReason }, i) =>
            finishReason === 'stop' && new RegExp(items[i]!.form).test(text.trim()),
        ).length;
      };
      expect(await rightOf({ [skill]: 1 })).toBeGreaterThanOrEqual((await rightOf({})) + 5);
      const examples = (await read(`${skill}-examples`, 3)).map(({ prompt, answer }) => ({
        prompt: { text: prompt },
        answer: { answer },
      }));
      const chosen = await chooseSkill(loaded, { skills, examples });
      expect(chosen.weights).toEqual({ [skill]: 1 });
      expect(chosen.passes).toBe(3 * (1 + skills.length));
    }
  });
});
