import { rename } from 'node:fs/promises';

import { readGgufHeader, string, writeGguf, type TensorSource } from '../gguf/index.ts';
import type { SvfExpert } from './expert-file.ts';
import { toLowRank } from './low-rank.ts';
import { decomposeFor, type DecomposeOptions } from './model-matrices.ts';

export interface WriteAdaptersOptions extends DecomposeOptions {
  /** Of each matrix, at most; exact by default. */
  readonly rank?: number;
}

/** What became of an expert. */
export interface WrittenAdapter {
  /** Frobenius norm of all that it changes, and of what a lower rank left out. */
  readonly norm: number;
  readonly error: number;
  /** The largest of a matrix. */
  readonly rank: number;
}

/**
 * Writes experts of one model as LoRA adapters, GGUF files that llama.cpp lays over it: the same change of weights, in float32.
 * @param targets - A file for each expert.
 * @throws ModelLoadError for an expert of another model, GgufError for weights that cannot be read as numbers.
 */
export async function writeAdapters(
  model: string,
  experts: readonly SvfExpert[],
  targets: readonly string[],
  { rank, ...options }: WriteAdaptersOptions = {},
): Promise<readonly WrittenAdapter[]> {
  const tensors: TensorSource[][] = experts.map(() => []);
  const written = experts.map(() => ({ norm: 0, error: 0, rank: 0 }));
  for await (const { name, weights, decomposition, zs } of decomposeFor(model, experts, options)) {
    for (const [i, z] of zs.entries()) {
      if (z === null) continue;
      const change = toLowRank(weights, decomposition, z, rank);
      const sum = written[i]!;
      sum.norm = Math.hypot(sum.norm, change.norm);
      sum.error = Math.hypot(sum.error, change.error);
      sum.rank = Math.max(sum.rank, change.rank);
      if (change.rank === 0) continue;
      const { a, b } = change;
      const parts = [
        { name: `${name}.lora_a`, shape: [weights.columns, change.rank], data: a },
        { name: `${name}.lora_b`, shape: [change.rank, weights.rows], data: b },
      ];
      tensors[i]!.push(...parts.map((part) => ({ ...part, type: 'F32' as const })));
    }
  }
  const { metadata } = await readGgufHeader(model);
  for (const [i, target] of targets.entries()) {
    const part = `${target}.${process.pid}.part`;
    await writeGguf(part, {
      // Without alpha, the scale is the recipe's alone: matrices differ in rank.
      metadata: [
        ['general.type', string('adapter')],
        ['general.architecture', metadata.get('general.architecture')!],
        ['adapter.type', string('lora')],
        ['general.name', string(experts[i]!.provenance.task ?? 'svf')],
      ],
      tensors: tensors[i]!,
    });
    await rename(part, target);
  }
  return written;
}
