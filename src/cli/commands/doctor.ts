import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

import type { Command } from 'commander';

import {
  describeShape,
  isRounding,
  measureProcessor,
  type ShapeComparison,
} from '../../engine/index.ts';
import {
  findLibraryFiles,
  installCommand,
  libraryDirectoryVariable,
  loadFfi,
  loadLlamaLibrary,
  platformPackageVersion,
  type Device,
} from '../../llama/index.ts';
import type { Cli } from '../cli.ts';
import { describeFailure, FailureSaid } from '../failure.ts';
import { writeJson } from '../json.ts';
import { addJsonOption } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { packageFile, readManifest } from '../package-files.ts';
import { escapeLine } from '../render/escape.ts';
import { formatBytes } from '../render/numbers.ts';
import { renderPairs } from '../render/table.ts';

/** Something that is wrong, and the command or deed that mends it. */
interface Ailment {
  readonly what: string;
  readonly remedy: string;
}

interface Diagnosis {
  readonly trimtab: string;
  readonly node: string;
  readonly platform: string;
  readonly glibc: string | null;
  readonly threads: number;
  readonly processor: string;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  /** `null` if it cannot be used. */
  readonly library: LibraryDiagnosis | null;
  /** The same tokens alone and together, with plain weights and with `engine.repack`. */
  readonly kernels: KernelsDiagnosis | null;
  readonly ailments: readonly Ailment[];
}

interface KernelsDiagnosis {
  readonly plain: readonly ShapeComparison[];
  readonly repacked: readonly ShapeComparison[];
}

interface LibraryDiagnosis {
  readonly directory: string;
  readonly version: string;
  readonly systemInfo: string;
  readonly devices: readonly Device[];
}

export function defineDoctor(command: Command, cli: Cli): Command {
  command.description(
    'Shows what Trimtab finds on this machine: Node, the llama.cpp library and its devices, and ' +
      'whether the processor computes the same alone and in a batch. If something is missing it names the command that mends it, and exits with 1.',
  );
  addJsonOption(command, 'the diagnosis');
  return command.action(async () => {
    const { json } = command.optsWithGlobals<{ json?: boolean }>();
    const diagnosis = await diagnose();
    if (json) writeJson(cli.out, diagnosis);
    else writeDiagnosis(cli, diagnosis);
    if (diagnosis.ailments.length > 0) throw new FailureSaid();
  });
}

async function diagnose(): Promise<Diagnosis> {
  const { version, engines } = readManifest();
  const ailments: Ailment[] = [];
  if (!satisfies(process.versions.node, engines.node)) {
    ailments.push({
      what: `Node ${process.versions.node} is too old: Trimtab needs ${engines.node}.`,
      remedy: 'install a newer Node: https://nodejs.org',
    });
  }
  const missing = ['models/atlas-large.gguf', 'recipes/atlas-chat.yaml'].filter(
    (file) => !existsSync(packageFile(file)),
  );
  if (missing.length > 0) {
    ailments.push({
      what: `The package lacks ${missing.join(', ')}: the demo cannot run.`,
      remedy: 'npm install trimtab',
    });
  }
  const library = diagnoseLibrary(ailments);
  return {
    trimtab: version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    glibc: glibcVersion(),
    threads: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memory: { totalBytes: totalmem(), availableBytes: process.availableMemory() },
    library,
    kernels: library && missing.length === 0 ? await diagnoseKernels(ailments) : null,
    ailments,
  };
}

/** @param ailments - Gets more if the library cannot be used: one for each thing that is missing. */
function diagnoseLibrary(ailments: Ailment[]): LibraryDiagnosis | null {
  const missing = [loadFfi, findLibraryFiles].flatMap((find) => failuresOf(() => find()));
  if (missing.length > 0) {
    ailments.push(...missing.map((what) => ({ what, remedy: libraryRemedy() })));
    return null;
  }
  try {
    const library = loadLlamaLibrary();
    return {
      directory: library.directory,
      version: library.version,
      systemInfo: library.systemInfo().trim(),
      devices: library.devices(),
    };
  } catch (error) {
    ailments.push({ what: describeFailure(error), remedy: libraryRemedy() });
    return null;
  }
}

/** @param ailments - Gets one more if plain weights, which all depend on, are computed wrongly. */
async function diagnoseKernels(ailments: Ailment[]): Promise<KernelsDiagnosis> {
  const file = packageFile('models/atlas-large.gguf');
  const plain = await measureProcessor(file, false);
  const repacked = await measureProcessor(file, true);
  const wrong = plain.filter((shape) => !isRounding(shape));
  if (wrong.length > 0) {
    ailments.push({
      what: `This build of llama.cpp computes wrongly here: ${wrong.map(describeShape).join('; ')}.`,
      remedy: `use another build: set ${libraryDirectoryVariable} to its folder`,
    });
  }
  return { plain, repacked };
}

/** In a few words, what a batch does to the numbers. */
function sayKernels(shapes: readonly ShapeComparison[]): string {
  const wrong = shapes.filter((shape) => !isRounding(shape));
  if (wrong.length > 0) return `wrong (${wrong.map(describeShape).join('; ')})`;
  const rounded = shapes.filter(({ sameBits }) => !sameBits);
  return rounded.length === 0
    ? 'the same bits alone and together'
    : `equal up to rounding (${rounded.map(describeShape).join('; ')})`;
}

/** What is said of a failure, if there is one. */
function failuresOf(attempt: () => unknown): string[] {
  try {
    attempt();
    return [];
  } catch (error) {
    return [describeFailure(error)];
  }
}

function libraryRemedy(): string {
  const own = process.env[libraryDirectoryVariable];
  return own === undefined || own === '' ? installCommand() : `unset ${libraryDirectoryVariable}`;
}

/** Whether `version` is at least the `>=a.b.c` of package.json. */
function satisfies(version: string, range: string): boolean {
  const [have, need] = [numbersIn(version), numbersIn(range)];
  const differing = need.findIndex((part, i) => part !== (have[i] ?? 0));
  return differing === -1 || (have[differing] ?? 0) > need[differing]!;
}

function numbersIn(version: string): number[] {
  return version.match(/\d+/g)?.map(Number) ?? [];
}

function glibcVersion(): string | null {
  // Else it would ask name servers; @types/node does not know it.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime ?? null;
}

function writeDiagnosis({ out }: Cli, diagnosis: Diagnosis): void {
  const { dim, good, bad } = out.palette;
  const { library, kernels, ailments, memory } = diagnosis;
  const pairs: [string, string][] = [
    ['Trimtab', diagnosis.trimtab],
    ['Node', diagnosis.node],
    ['platform', diagnosis.platform + (diagnosis.glibc ? `, glibc ${diagnosis.glibc}` : '')],
    ['processor', `${escapeLine(diagnosis.processor)}, ${diagnosis.threads} threads`],
    [
      'memory',
      `${formatBytes(memory.availableBytes)} available of ${formatBytes(memory.totalBytes)}`,
    ],
  ];
  if (library !== null) {
    pairs.push(
      ['llama.cpp', `${library.version}, from ${escapeLine(library.directory)}`],
      ['layout', `as of the platform packages ${platformPackageVersion}: checked`],
      ...library.devices.map((device): [string, string] => [device.kind, describeDevice(device)]),
    );
  }
  if (kernels !== null) {
    pairs.push(
      ['plain weights', sayKernels(kernels.plain)],
      ['repacked', sayKernels(kernels.repacked)],
    );
  }
  writeLines(out, [...renderPairs(pairs, dim), '']);
  for (const { what, remedy } of ailments) {
    writeLines(out, [`${bad('✗')} ${out.plain(what)}`, `  ${dim('to mend it:')} ${remedy}`]);
  }
  if (ailments.length === 0) writeLines(out, [`${good('✓')} Trimtab can run here.`]);
}

function describeDevice({ name, description, freeBytes, totalBytes }: Device): string {
  const memory =
    totalBytes > 0 ? `, ${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}` : '';
  return `${escapeLine(name)} (${escapeLine(description)})${memory}`;
}
