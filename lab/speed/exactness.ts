// What depends on what is computed beside it, and what each way of computing costs, in one run:
// npm run exactness -- FILE.gguf …   (real files by default, where they are: TRIMTAB_REAL_MODELS)
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';

import { compareShapes, type ShapeComparison } from '../../src/engine/load/kernel-check.ts';
import { loadModel } from '../../src/llama/index.ts';
import type { ContextOptions, ModelContext } from '../../src/spec/index.ts';
import { median } from '../shared/measure.ts';
import { modelsFolder } from '../shared/recipes.ts';

const ways: Readonly<Record<string, { repack?: boolean; batchInvariant?: boolean }>> = {
  plain: {},
  repack: { repack: true },
  batchInvariant: { batchInvariant: true },
};

/** Sequences that decode together. */
const crowds = [1, 4, 16];
const rounds = 7;
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
  const atlas = path.join(modelsFolder, 'atlas-large.gguf');
  const folder =
    process.env['TRIMTAB_REAL_MODELS'] ?? path.join(homedir(), '.cache/trimtab-real-models');
  const real = existsSync(folder) ? readdirSync(folder) : [];
  const files = real
    .filter((name) => name.endsWith('.gguf'))
    .map((name) => path.join(folder, name));
  return [atlas, ...files];
}

/** Milliseconds of one more token for each of `count` sequences. */
async function stepMs(context: ModelContext, count: number, step: number): Promise<number> {
  const { size } = context.model.vocabulary;
  const sequences = Array.from({ length: count }, () => context.createSequence());
  const start = performance.now();
  await context.extend(
    sequences.map((sequence, i) => ({
      sequence,
      tokens: [(step * 101 + i * 7) % size],
      rows: 'last' as const,
    })),
  );
  const taken = performance.now() - start;
  for (const sequence of sequences) sequence[Symbol.dispose]();
  return taken;
}

/** By way: the median of `its time / the plain one's`, both of one round; the load of the machine changes. */
async function costs(contexts: ReadonlyMap<string, ModelContext>, count: number) {
  const ratios = new Map([...contexts.keys()].map((name) => [name, [] as number[]]));
  const plainMs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const times = new Map<string, number>();
    for (const [name, context] of contexts) {
      times.set(name, await stepMs(context, count, round + 1));
    }
    if (round < 0) continue; // warms up
    plainMs.push(times.get('plain')!);
    for (const [name, ms] of times) ratios.get(name)!.push(ms / times.get('plain')!);
  }
  return { plainMs: median(plainMs), ratios: new Map([...ratios].map(([n, r]) => [n, median(r)])) };
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
  console.log(`\n${path.basename(file)}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
  const models: Disposable[] = [];
  const contexts = new Map<string, ModelContext>();
  for (const [name, { repack = false, batchInvariant = false }] of Object.entries(ways)) {
    const model = await loadModel(file, { repack });
    models.push(model);
    const context = await model.createContext({ ...options, batchInvariant });
    contexts.set(name, context);
    const shapes = await compareShapes(context, { promptLength: 24, answerLength: 12 });
    console.log(`  ${name}: ${showShapes(shapes)}`);
  }
  for (const count of crowds) {
    const { plainMs, ratios } = await costs(contexts, count);
    const shown = [...ratios].map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`);
    console.log(
      `  a token for ${count}: plain ${plainMs.toFixed(1)} ms; of that, ${shown.slice(1).join(', ')}`,
    );
  }
  for (const model of models) model[Symbol.dispose]();
}
