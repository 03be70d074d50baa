import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Command, Option } from 'commander';

import {
  basisDefaults,
  dimensionStrengths,
  formatBasis,
  type Basis,
} from '../../preference/index.ts';
import type { Cli } from '../cli.ts';
import { readComparisonLines } from '../comparison-lines.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { fromFile, requireWritable } from '../named-file.ts';
import { parseCount, parseNumber } from '../options/values.ts';
import { addJsonOption } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { renderBasis } from '../render/basis.ts';
import { createProgressBar } from '../render/progress-bar.ts';

interface LearnBasisFlags {
  readonly model: string;
  readonly output: string;
  readonly dimensions: number;
  readonly seed: number;
  readonly heldOut: number;
  readonly names?: readonly string[];
  readonly licence?: string;
  readonly json?: boolean;
}

/** A handful: ten to twenty questions tell a user's weights of so many. */
const usualDimensions = 4;

export function createLearnBasisCommand(cli: Cli): Command {
  const command = new Command('learn-basis')
    .summary("learn what users differ in from many users' choices")
    .description(
      'Learns base reward functions from comparisons of answers by many users: linear heads over the ' +
        'hidden state of a small model, and how users weigh them. A recipe uses the file as the ' +
        '`headFile` of its rewards and as its `profile.prior`.',
    )
    .argument(
      '<data>',
      'JSONL: { "user", "prompt" or "messages", "first", "second", "outcome" } to a line; outcome is ' +
        'first, second, tie or neither',
    )
    .requiredOption('--model <file>', 'the GGUF file whose hidden states are the features')
    .requiredOption('--output <file>', 'where the basis is written, as JSON')
    .addOption(
      new Option('--dimensions <k>', 'how many reward functions')
        .default(usualDimensions)
        .argParser(parseCount),
    )
    .option('--names <a,b,…>', 'their names; taste1, taste2, … by default', splitNames)
    .addOption(
      new Option('--held-out <share>', 'of the pairs, kept apart to measure the accuracy on')
        .default(basisDefaults.heldOutShare)
        .argParser(parseNumber),
    )
    .addOption(
      new Option('--seed <n>', 'decides which').default(basisDefaults.seed).argParser(parseNumber),
    )
    .option('--licence <text>', 'of the comparisons, for the provenance');
  addJsonOption(command, 'what was learned');
  return command.action((data: string) => learn(cli, data, command.optsWithGlobals()));
}

function splitNames(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

/** @throws UsageError for a file that is no model. */
async function requireModel(file: string): Promise<void> {
  // Whoever asks for another command of profiles need not wait for it.
  const { readGgufHeader } = await import('../../gguf/index.ts');
  await fromFile('--model', file, () => readGgufHeader(file));
}

function openBasis() {
  return import('../../basis/index.ts');
}

async function learn(cli: Cli, data: string, flags: LearnBasisFlags): Promise<void> {
  const { signal } = cli.interruption;
  const { model, output, dimensions, seed, heldOut, names, licence } = flags;
  requireJsonName(output);
  const compared = await readComparisonLines(data);
  await requireModel(model);
  await requireWritable('--output', output);
  const of = `${path.basename(data)}, licence: ${licence ?? 'not said'}`;
  const { learnBasis } = await openBasis();
  using bar = createProgressBar(cli.err, cli.now);
  const basis = await learnBasis(compared, {
    modelFile: model,
    dimension: dimensions,
    heldOutShare: heldOut,
    seed,
    comparisons: of,
    ...(names !== undefined && { names }),
    onProgress(done, all) {
      bar.draw('reading answers to prompts', done / all, `${done} of ${all}`);
    },
    signal,
  });
  bar.clear();
  await writeWhole(output, formatBasis(basis), signal);
  if (flags.json) writeJson(cli.out, summaryOf(basis));
  else writeLines(cli.out, renderBasis(basis, output, cli.out.palette.dim));
}

/** Recipes tell a basis from safetensors by its name. */
function requireJsonName(output: string): void {
  if (output.endsWith('.json')) return;
  throw new UsageError(`--output: the name of a basis ends with .json, not as in ${output}.`);
}

/** Writes beside the file and then puts it in its place: whoever reads it never reads a half. */
async function writeWhole(file: string, text: string, signal: AbortSignal): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text, { signal });
  await rename(part, file);
}

function summaryOf(basis: Basis) {
  const { names, prior, provenance } = basis;
  return { names, singularValues: dimensionStrengths(basis), prior, provenance };
}
