// What depends on what is computed beside it, and what each way of computing costs, in one run:
// npm run exactness -- FILE.gguf …   (real files by default, where they are: TRIMTAB_REAL_MODELS)
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { compareShapes, type ShapeComparison } from '../src/engine/kernel-check.ts';
import { loadModel } from '../src/llama/index.ts';
import type { ContextOptions, ModelContext } from '../src/spec/index.ts';

const ways: Readonly<Record<string, { repack?: boolean; batchInvariant?: boolean }>> = {
  plain: {},
  repack: { repack: true },
  batchInvariant: { batchInvariant: true },
};

/** Sequences that decode together. */
const crowds = [1, 4, 16];
const rounds = 5;
const threads = Number(process.env['THREADS'] ?? Math.min(2, availableParallelism()));

const options: ContextOptions = {
  contextLength: 256,
  maxSequences: 16,
  batchSize: 512,
  maxRows: 16,
  threads,
  flashAttention: false,
  kvType: 'f16',
};

function defaultFiles(): string[] {
  const atlas = fileURLToPath(new URL('../models/atlas-large.gguf', import.meta.url));
  const folder =
    process.env['TRIMTAB_REAL_MODELS'] ?? path.join(homedir(), '.cache/trimtab-real-models');
  const real = existsSync(folder) ? readdirSync(folder) : [];
  const files = real
    .filter((name) => name.endsWith('.gguf'))
    .map((name) => path.join(folder, name));
  return [atlas, ...files];
}

/** Milliseconds of one more token for each of `count` sequences: the median of some. */
async function stepMs(context: ModelContext, count: number): Promise<number> {
  const sequences = Array.from({ length: count }, () => context.createSequence());
  const { size } = context.model.vocabulary;
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    await context.extend(
      sequences.map((sequence, i) => ({
        sequence,
        tokens: [(round * 101 + i * 7) % size],
        rows: 'last' as const,
      })),
    );
    if (round > 0) times.push(performance.now() - start);
  }
  for (const sequence of sequences) sequence[Symbol.dispose]();
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

function showShapes(shapes: readonly ShapeComparison[]): string {
  return shapes
    .map(
      ({ shape, sameBits, nats, distance }) =>
        `${shape} ${sameBits ? 'same bits' : `${nats.toPrecision(2)} nats (${(100 * distance).toPrecision(2)} %)`}`,
    )
    .join(', ');
}

const files = process.argv.slice(2).length > 0 ? process.argv.slice(2) : defaultFiles();
for (const file of files) {
  console.log(`\n${path.basename(file)}, ${threads} threads`);
  for (const [name, { repack = false, batchInvariant = false }] of Object.entries(ways)) {
    using model = await loadModel(file, { repack });
    using context = await model.createContext({ ...options, batchInvariant });
    const shapes = await compareShapes(context, { promptLength: 24, answerLength: 12 });
    const costs: string[] = [];
    for (const count of crowds) costs.push((await stepMs(context, count)).toFixed(1));
    console.log(`  ${name}: ${showShapes(shapes)}`);
    console.log(`    a token for ${crowds.join(', ')} at once: ${costs.join(', ')} ms`);
  }
}
