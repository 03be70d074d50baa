// The library, `trimtab run` and `trimtab serve` against llama.cpp's own programs on the same files.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';

import type { EngineSettings } from '../../src/index.ts';
import { realModelFiles } from '../../test/support/real-models.ts';
import { experiment, type Print } from '../shared/experiment.ts';
import { number, text } from '../shared/flags.ts';
import {
  interleave,
  ratioOf,
  showMachine,
  showMebibytes,
  showSummary,
  summaryOf,
} from '../shared/measure.ts';
import { sum } from '../shared/numbers.ts';
import { showTable } from '../shared/table.ts';
import { runOurs, runTheirs } from './commands.ts';
import { loadModelAlone, loadTwoViews } from './library.ts';
import { benchSpeeds, contextLength, missingPrograms, type Load } from './llama-cpp.ts';
import { measureMemory, overNative } from './memory.ts';
import { quietly, type Watched } from './processes.ts';
import { servedSpeeds, serveOurs, serveTheirs, type ServedLoad } from './serving.ts';

/** What Trimtab does where it is told to compute as llama.cpp's programs do by default. */
const asTheirs: EngineSettings = { repack: true, flashAttention: true };

const loads = {
  library: [
    { prompt: 512, steps: 32, streams: 1 },
    { prompt: 64, steps: 32, streams: 4 },
  ],
  long: [{ prompt: 2048, steps: 8, streams: 1 }],
} as const satisfies Record<string, readonly Load[]>;

const served: readonly ServedLoad[] = [
  { words: 300, tokens: 48, streams: 1 },
  { words: 40, tokens: 48, streams: 4 },
];

/** Four ways in one round, of which three ratios are shown. */
type Way = 'ours' | 'oursAsTheirs' | 'theirs' | 'theirsPlain';
const ratios: readonly (readonly [string, Way, Way])[] = [
  ['plain ÷ plain', 'ours', 'theirsPlain'],
  ['repacked, flash attention ÷ the same', 'oursAsTheirs', 'theirs'],
  ['defaults ÷ defaults', 'ours', 'theirs'],
];
const header = ['', 'what', ...ratios.map(([name]) => name), 'llama.cpp, tokens/s', 'others'];

interface Setting {
  readonly folder: string;
  readonly file: string;
  readonly threads: number;
  readonly rounds: number;
  readonly print: Print;
}

const parts = {
  library: (setting: Setting) => comparePart(setting, loads.library),
  long: (setting: Setting) => comparePart(setting, loads.long),
  commands: compareCommands,
  servers: compareServers,
  views: compareViews,
  memory: compareMemory,
} as const;

export default experiment({
  flags: {
    'llama-cpp': text('DIR', "a folder with llama.cpp's programs of the same release"),
    files: text('FILES', 'model files with commas between them; those in TRIMTAB_REAL_MODELS'),
    parts: text('PARTS', 'with commas between them', Object.keys(parts).join(',')),
    threads: number('of each program', availableParallelism()),
    rounds: number('of figures', 3),
  },
  async run({ 'llama-cpp': folder, files, parts: names, threads, rounds }, print) {
    if (folder === undefined) {
      print(
        "There is nothing to compare with: --llama-cpp names a folder with llama.cpp's programs.",
      );
      return { data: {}, failed: true };
    }
    const missing = missingPrograms(folder);
    if (missing.length > 0) {
      print(`${folder} has no ${missing.join(', ')}: there is nothing to compare with.`);
      return { data: { missing }, failed: true };
    }
    print(showMachine());
    const data: Record<string, Record<string, unknown>> = {};
    for (const given of files?.split(',') ?? realModelFiles()) {
      const file = path.resolve(given);
      const found = (data[path.basename(file)] ??= {});
      for (const name of names.split(',')) {
        const part = parts[name as keyof typeof parts];
        if (part === undefined)
          throw new Error(`There is no part ${name}: ${Object.keys(parts).join(', ')}.`);
        print(`\n${path.basename(file)}, ${name}, ${threads} threads, ${rounds} rounds`);
        found[name] = await part({ folder, file, threads, rounds, print });
      }
    }
    return { data };
  },
});

async function comparePart(setting: Setting, given: readonly Load[]) {
  const { folder, file, threads, rounds, print } = setting;
  const engine = {
    threads,
    maxSequences: Math.max(...given.map(({ streams }) => streams)),
    contextLength: Math.max(...given.map(contextLength)),
  };
  await using ours = await loadModelAlone(file, engine);
  await using oursAsTheirs = await loadModelAlone(file, { ...engine, ...asTheirs });
  const rows = [header];
  const data = [];
  for (const load of given) {
    const measured = await interleave(
      {
        ours: () => quietly(() => ours.speeds(load)),
        oursAsTheirs: () => quietly(() => oursAsTheirs.speeds(load)),
        theirs: () => quietly(() => benchSpeeds(folder, file, 'theirs', threads, load)),
        theirsPlain: () => quietly(() => benchSpeeds(folder, file, 'plain', threads, load)),
      },
      rounds,
      `${load.prompt} tokens, ${load.streams} streams`,
    );
    const streams = load.streams === 1 ? '' : `, ${load.streams} streams`;
    rows.push(rowOf('library', `prompt of ${load.prompt}${streams}`, measured, (s) => s.prompt));
    rows.push(rowOf('library', `decoding${streams}`, measured, (s) => s.decode));
    data.push({ load, measured });
  }
  print(showTable(rows));
  return data;
}

async function compareCommands({ folder, file, threads, rounds, print }: Setting) {
  await using recipe = await recipeAsTheirs(file);
  const prompt = 'The ship turned north and the captain read on. '.repeat(20);
  const asked = { prompt, tokens: 48, threads };
  const measured = await interleave(
    {
      ours: () => quietly(() => runOurs(file, asked)),
      oursAsTheirs: () => quietly(() => runOurs(recipe.file, asked)),
      theirs: () => quietly(() => runTheirs(folder, file, 'theirs', asked)),
      theirsPlain: () => quietly(() => runTheirs(folder, file, 'plain', asked)),
    },
    rounds,
    'commands',
  );
  const rows = [header, rowOf('trimtab run', 'decoding', measured, (times) => times.decode)];
  rows.push(rowOf('trimtab run', 'whole commands per second', measured, (t) => 1000 / t.whole));
  print(showTable(rows));
  return measured;
}

async function compareServers({ folder, file, threads, rounds, print }: Setting) {
  await using recipe = await recipeAsTheirs(file);
  await using ours = await serveOurs(file, threads);
  await using oursAsTheirs = await serveOurs(recipe.file, threads);
  await using theirs = await serveTheirs(folder, file, 'theirs', threads);
  await using theirsPlain = await serveTheirs(folder, file, 'plain', threads);
  const rows = [header];
  const data = [];
  for (const load of served) {
    const measured = await interleave(
      {
        ours: () => quietly(() => servedSpeeds(ours, load)),
        oursAsTheirs: () => quietly(() => servedSpeeds(oursAsTheirs, load)),
        theirs: () => quietly(() => servedSpeeds(theirs, load)),
        theirsPlain: () => quietly(() => servedSpeeds(theirsPlain, load)),
      },
      rounds,
      `${load.streams} streams`,
    );
    const streams = load.streams === 1 ? '' : `, ${load.streams} streams`;
    rows.push(rowOf('server', `prompt of ${load.words}${streams}`, measured, (s) => s.prompt));
    rows.push(rowOf('server', `decoding${streams}`, measured, (s) => s.decode));
    data.push({ load, measured });
  }
  print(showTable(rows));
  const peaks = {
    ours: ours.peakBytes(),
    theirs: theirs.peakBytes(),
    plain: theirsPlain.peakBytes(),
  };
  print(
    `peak memory: trimtab serve ${showMebibytes(peaks.ours)} MiB, llama-server ` +
      `${showMebibytes(peaks.theirs)} MiB, plain ${showMebibytes(peaks.plain)} MiB`,
  );
  return { data, peaks };
}

async function compareViews({ file, threads, rounds, print }: Setting) {
  await using views = await loadTwoViews(file, { threads, contextLength: 512, maxSequences: 1 });
  const measured = await interleave(
    { views: () => quietly(() => views.step(48)) },
    rounds,
    'two views',
  );
  const steps = measured.views.map(({ value }) => value);
  const ratio = ratioOf(
    steps.map(({ whole }) => whole),
    steps.map(({ forwards }) => forwards),
  );
  print(
    `a step of two views ÷ its forwards: ${showSummary(ratio)}; ` +
      `${showSummary(summaryOf(steps.map(({ whole }) => whole)), 1)} ms`,
  );
  return measured;
}

async function compareMemory({ folder, file, threads, print }: Setting) {
  const measured = await measureMemory(folder, file, threads);
  const { native, peakBytes, estimatedBytes } = measured;
  const shown = Object.entries(native).map(([name, bytes]) => `${name} ${showMebibytes(bytes)}`);
  print(
    `MiB: llama.cpp ${showMebibytes(sum(Object.values(native)))} (${shown.join(', ')}), ` +
      `trimtab run ${showMebibytes(peakBytes)}, trimtab check ${showMebibytes(estimatedBytes)}\n` +
      `(peak − 150) ÷ llama.cpp ${overNative(measured).toFixed(3)}; ` +
      `check ÷ peak ${(estimatedBytes / peakBytes).toFixed(3)}`,
  );
  return measured;
}

function rowOf<Value>(
  who: string,
  what: string,
  measured: Readonly<Record<Way, readonly Watched<Value>[]>>,
  pick: (value: Value) => number,
): string[] {
  const values = (way: Way) => measured[way].map(({ value }) => pick(value));
  const others = Math.max(...Object.values(measured).flatMap((all) => all.map((m) => m.others)));
  return [
    who,
    what,
    ...ratios.map(([, above, below]) => showSummary(ratioOf(values(above), values(below)))),
    showSummary(summaryOf(values('theirs')), 1),
    others.toFixed(2),
  ];
}

/** A recipe over one file that computes as llama.cpp's programs do. */
async function recipeAsTheirs(file: string): Promise<AsyncDisposable & { readonly file: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-peers-'));
  const recipe = path.join(folder, 'as-theirs.yaml');
  const document = { models: { base: file }, base: 'base', engine: asTheirs };
  await writeFile(recipe, JSON.stringify(document)); // JSON is YAML
  return { file: recipe, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
