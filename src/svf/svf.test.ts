import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { float32, readGgufHeader, readTensor, string, writeGguf } from '../gguf/index.ts';
import { decompose, type WeightMatrix } from './decompose.ts';
import { readExpert, type SvfExpert } from './expert-file.ts';
import { keptAdapters } from './kept-adapters.ts';
import { addLowRankInPlace, toLowRank } from './low-rank.ts';
import { writeAdapters } from './write-adapter.ts';
import { writeWeights } from './write-weights.ts';

let folder: string;
const before = process.env['TRIMTAB_DATA_DIR'];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-svf-'));
  process.env['TRIMTAB_DATA_DIR'] = path.join(folder, 'data');
});
afterAll(async () => {
  if (before === undefined) delete process.env['TRIMTAB_DATA_DIR'];
  else process.env['TRIMTAB_DATA_DIR'] = before;
  await rm(folder, { recursive: true });
});

const weightsOf = (rows: number, columns: number, values: readonly number[]): WeightMatrix => ({
  values: Float32Array.from(
    { length: rows * columns },
    (_, i) => values[i % values.length]! * Math.cos(i),
  ),
  rows,
  columns,
});

/** `U diag(σ ∘ z) Vᵀ` as it is published, by another algorithm: Golub and Kahan's, in float64. */
function published({ values, rows, columns }: WeightMatrix, z: Float32Array): Float64Array {
  const matrix = new Matrix(rows, columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) matrix.set(i, j, values[i * columns + j]!);
  const svd = new SingularValueDecomposition(matrix, { autoTranspose: true });
  const order = svd.diagonal
    .map((_, i) => i)
    .toSorted((a, b) => svd.diagonal[b]! - svd.diagonal[a]!);
  const scaled = new Float64Array(rows * columns);
  for (const [at, i] of order.slice(0, Math.min(rows, columns)).entries()) {
    for (let row = 0; row < rows; row++) {
      const left = svd.leftSingularVectors.get(row, i) * svd.diagonal[i]! * z[at]!;
      for (let column = 0; column < columns; column++)
        scaled[row * columns + column]! += left * svd.rightSingularVectors.get(column, i);
    }
  }
  return scaled;
}

const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => value - b[i]!);

const shapes = fc.record({
  rows: fc.integer({ min: 2, max: 12 }),
  columns: fc.integer({ min: 2, max: 12 }),
  values: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 7, maxLength: 150 }),
  z: fc.array(fc.double({ min: -1, max: 3, noNaN: true }), { minLength: 12, maxLength: 12 }),
});

describe('an expert of singular values', () => {
  it('changes a matrix as published: W + B A = U diag(σ ∘ z) Vᵀ', () => {
    fc.assert(
      fc.property(shapes, ({ rows, columns, values, z: given }) => {
        const weights = weightsOf(rows, columns, values);
        const decomposition = decompose(weights);
        const { sigma } = decomposition;
        const gaps = [...sigma].map((s, i) => s - (sigma[i + 1] ?? 0));
        // Equal values have no vectors of their own: which is scaled by what is not decided.
        fc.pre(sigma[0]! > 1e-3 && Math.min(...gaps) > 1e-3 * sigma[0]!);
        const z = Float32Array.from(given.slice(0, sigma.length));
        const expected = published(weights, z);
        addLowRankInPlace(weights, toLowRank(weights, decomposition, z));
        const scale = 1 + norm(expected);
        expect(norm(difference(weights.values, expected))).toBeLessThan(2e-5 * scale);
      }),
      { numRuns: runs(200) },
    );
  });

  it('at a lower rank is off by what it says, Σ σ² (z − 1)² of the components left out', () => {
    fc.assert(
      fc.property(shapes, fc.nat(12), ({ rows, columns, values, z: given }, rank) => {
        const weights = weightsOf(rows, columns, values);
        const decomposition = decompose(weights);
        fc.pre(decomposition.sigma[0]! > 1e-2);
        const z = Float32Array.from(given.slice(0, decomposition.sigma.length));
        const [exact, cut] = [undefined, rank].map((most) => {
          const change = { ...weights, values: new Float32Array(rows * columns) };
          const low = toLowRank(weights, decomposition, z, most);
          addLowRankInPlace(change, low);
          return { values: change.values, low };
        });
        expect(cut!.low.rank).toBeLessThanOrEqual(rank);
        const off = norm(difference(exact!.values, cut!.values));
        expect(off).toBeCloseTo(cut!.low.error, 3);
        expect(norm(exact!.values)).toBeCloseTo(exact!.low.norm, 3);
        expect(exact!.low.error).toBe(0);
      }),
      { numRuns: runs(200) },
    );
  });

  it('takes no rank where z is 1', () => {
    const weights = weightsOf(6, 9, [0.3, -0.8, 0.5, 0.9, -0.2, 0.7, 0.1]);
    const z = Float32Array.of(1, 0.5, 1, 1, 2, 1);
    expect(toLowRank(weights, decompose(weights), z).rank).toBe(2);
  });
});

describe('files of experts', () => {
  const [gate, down] = ['blk.0.ffn_gate.weight', 'blk.0.ffn_down.weight'];
  const shapesOf = { [gate]: [8, 20], [down]: [20, 8] } as const;

  async function writeModel(name: string, seed = 1): Promise<string> {
    const file = path.join(folder, name);
    await writeGguf(file, {
      metadata: [['general.architecture', string('llama')]],
      tensors: [gate, down, 'output_norm.weight'].map((tensor) => {
        const shape = shapesOf[tensor as never] ?? [8];
        const length = (shape as readonly number[]).reduce((a, b) => a * b, 1);
        return {
          name: tensor,
          shape,
          type: 'F32' as const,
          data: Float32Array.from({ length }, (_, i) => Math.sin(i * i * 0.37 + seed)),
        };
      }),
    });
    return file;
  }

  async function writeExpert(
    name: string,
    model: string,
    changes: { z?: (i: number) => number; hash?: string; kind?: string } = {},
  ): Promise<string> {
    const header = await readGgufHeader(model);
    const tensors = [];
    const hash = createHash('sha256');
    for (const tensor of [down, gate]) {
      const [columns, rows] = header.tensors.get(tensor)!.shape as [number, number];
      const { sigma } = decompose({
        values: await readTensor(model, header, tensor),
        rows,
        columns,
      });
      hash.update(new Uint8Array(sigma.buffer));
      const z = sigma.map((_, i) => changes.z?.(i) ?? 1 + Math.sin(i + 1) / 2);
      const common = { shape: [sigma.length], type: 'F32' as const };
      tensors.push({ ...common, name: `${tensor}.z`, data: z });
      tensors.push({ ...common, name: `${tensor}.sigma`, data: sigma });
    }
    const file = path.join(folder, name);
    await writeGguf(file, {
      metadata: [
        ['general.type', string('adapter')],
        ['general.architecture', string('llama')],
        ['adapter.type', string(changes.kind ?? 'svf')],
        ['svf.base.sha256', string('ab'.repeat(32))],
        ['svf.base.name', string('model.gguf')],
        ['svf.sigma.sha256', string(changes.hash ?? hash.digest('hex'))],
        ['svf.task', string('sums')],
        ['svf.scale', float32(1)],
      ],
      tensors,
    });
    return file;
  }

  const matrix = async (file: string, name: string) =>
    readTensor(file, await readGgufHeader(file), name);

  it('are read with where they come from', async () => {
    const expert = await readExpert(await writeExpert('e.gguf', await writeModel('m.gguf')));
    expect(expert.provenance).toEqual({
      baseSha256: 'ab'.repeat(32),
      baseName: 'model.gguf',
      task: 'sums',
      objective: null,
      date: null,
    });
    expect([...expert.matrices.keys()]).toEqual([down, gate]);
    expect(expert.matrices.get(gate)!.z).toHaveLength(8);
  });

  it('give the same weights as adapters and as rewritten weights, mixed in any measure', async () => {
    const model = await writeModel('m.gguf');
    const experts: SvfExpert[] = [];
    for (const k of [1, 2]) {
      const z = (i: number) => 1 + Math.cos(k * (i + 1));
      experts.push(await readExpert(await writeExpert(`e${k}.gguf`, model, { z })));
    }
    const targets = [1, 2].map((k) => path.join(folder, `lora${k}.gguf`));
    const written = await writeAdapters(model, experts, targets);
    expect(written.map(({ error }) => error)).toEqual([0, 0]);
    const mixture = experts.map((expert, i) => ({ expert, weight: [0.5, -1.5][i]! }));
    const mixed = path.join(folder, 'mixed.gguf');
    await writeWeights(model, mixture, mixed);
    for (const name of [gate, down]) {
      const [columns, rows] = shapesOf[name as never] as readonly [number, number];
      const values = (await matrix(model, name)).slice();
      for (const [i, target] of targets.entries()) {
        const a = await matrix(target, `${name}.lora_a`);
        const b = await matrix(target, `${name}.lora_b`);
        const low = { a, b, rank: a.length / columns };
        addLowRankInPlace({ values, rows, columns }, low, mixture[i]!.weight);
      }
      expect(norm(difference(values, await matrix(mixed, name)))).toBeLessThan(1e-4);
      expect(norm(difference(values, await matrix(model, name)))).toBeGreaterThan(0.1);
    }
    expect(await matrix(mixed, 'output_norm.weight')).toEqual(
      await matrix(model, 'output_norm.weight'),
    );
  });

  it('are made into adapters once for each model', async () => {
    const model = await writeModel('m.gguf');
    const files = [
      await writeExpert('k.gguf', model),
      await writeExpert('l.gguf', model, { z: () => 2 }),
    ];
    let made = 0;
    const options = { onProgress: () => void made++ };
    const kept = await keptAdapters(model, [...files, files[0]!], options);
    expect(new Set(kept).size).toBe(2);
    expect(made).toBe(2);
    expect(await keptAdapters(model, files, options)).toEqual(kept.slice(0, 2));
    expect(made).toBe(2);
  });

  it('are refused for another model, with how far its singular values are', async () => {
    const expert = await writeExpert('e.gguf', await writeModel('m.gguf'));
    const other = await writeModel('other.gguf', 2);
    await expect(keptAdapters(other, [expert])).rejects.toThrow(
      /e\.gguf does not fit the model .*other\.gguf: its singular values of blk\.0\.ffn_down\.weight are up to [\d.]+ % of the largest away.* made for model\.gguf of the SHA-256 abab/,
    );
    await expect(keptAdapters(expert, [expert])).rejects.toThrow('the model has no matrix');
    const model = await writeModel('m.gguf');
    const unmade = await writeExpert('n.gguf', model, { z: () => 3 });
    await expect(keptAdapters(model, [unmade], { mostWork: 10 })).rejects.toThrow(
      'takes minutes, which loading does not wait for',
    );
  });

  it.each([
    ['no expert', { kind: 'lora' }, 'is no SVF expert: its adapter.type is lora'],
    ['a damaged one', { hash: '00' }, 'is damaged: its singular values are not those'],
    ['z that is none', { z: () => 5000 }, 'z within ±1000'],
  ])('refuse %s', async (_, changes, message) => {
    const file = await writeExpert('bad.gguf', await writeModel('m.gguf'), changes);
    await expect(readExpert(file)).rejects.toThrow(message);
  });
});
