// What depends on what is computed beside it, and what each way of computing costs, in one run.
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { compareShapes, type ShapeComparison } from '../../src/engine/load/kernel-check.ts';
import { loadModel } from '../../src/llama/index.ts';
import type { ContextOptions, ModelContext } from '../../src/spec/index.ts';
import { experiment, type Print } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import { median } from '../shared/numbers.ts';
import { realModelFiles } from '../../test/support/real-models.ts';
import { atlasFile } from '../shared/recipes.ts';

const ways: Readonly<Record<string, { repack?: boolean; batchInvariant?: boolean }>> = {
  plain: {},
  repack: { repack: true },
  batchInvariant: { batchInvariant: true },
};

/** Sequences that decode together. */
const crowds = [1, 4, 16];
const rounds = 7;

const options: Omit<ContextOptions, 'threads'> = {
  contextLength: 256,
  maxSequences: 16,
  batchSize: 512,
  maxRows: 16,
  flashAttention: false,
  kvType: 'f16',
};

function defaultFiles(): string[] {
  return [atlasFile('large'), ...realModelFiles()];
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

export default experiment({
  flags: {
    files: text(
      'FILES',
      'model files with commas between them: the embedded large one, and those in TRIMTAB_REAL_MODELS, by default',
    ),
    threads: number('of each model', Math.min(2, availableParallelism())),
  },
  async run({ files, threads }, print) {
    const data = [];
    for (const file of files?.split(',') ?? defaultFiles()) {
      print(`\n${path.basename(file)}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
      data.push(await measureFile(file, threads, print));
    }
    return { data };
  },
});

async function measureFile(file: string, threads: number, print: Print) {
  const models: Disposable[] = [];
  const contexts = new Map<string, ModelContext>();
  const shapes: Record<string, readonly ShapeComparison[]> = {};
  for (const [name, { repack = false, batchInvariant = false }] of Object.entries(ways)) {
    const model = await loadModel(file, { repack });
    models.push(model);
    const context = await model.createContext({ ...options, threads, batchInvariant });
    contexts.set(name, context);
    shapes[name] = await compareShapes(context, { promptLength: 24, answerLength: 12 });
    print(`  ${name}: ${showShapes(shapes[name])}`);
  }
  const times = [];
  for (const count of crowds) {
    const { plainMs, ratios } = await costs(contexts, count);
    const shown = [...ratios].map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`);
    print(
      `  a token for ${count}: plain ${plainMs.toFixed(1)} ms; of that, ${shown.slice(1).join(', ')}`,
    );
    times.push({ count, plainMs, ratios: Object.fromEntries(ratios) });
  }
  for (const model of models) model[Symbol.dispose]();
  return { file, shapes, times };
}
