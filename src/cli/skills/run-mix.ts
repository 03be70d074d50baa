import { readExpert, writeAdapters, writeWeights } from '../../svf/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { fromFile, requireWritable } from '../named-file.ts';
import type { OutputFlags } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { createProgressBar } from '../render/progress-bar.ts';
import { isSystemError, reasonOf } from '../system-error.ts';

interface MixFlags extends OutputFlags {
  readonly model: string;
  readonly output: string;
  readonly rank?: number;
  readonly weights?: boolean;
}

/** Writes experts as an adapter, or in the weights of their model. */
export async function runMix(cli: Cli, named: readonly string[], flags: MixFlags): Promise<void> {
  const { model, output, rank, weights = false, quiet = false, json } = flags;
  const given = named.map(parseExpert);
  if (!weights && (given.length > 1 || given[0]!.weight !== 1)) {
    throw new UsageError(
      'expert: an adapter is of one expert at the weight 1, and a recipe mixes several: give one, or --weights.',
    );
  }
  if (weights && rank !== undefined) {
    throw new UsageError('--rank is of an adapter: with --weights experts are exact.');
  }
  const mixture = await Promise.all(
    given.map(async ({ file, weight }) => ({
      weight,
      expert: await fromFile('expert', file, () => readExpert(file)),
    })),
  );
  await requireWritable('--output', output);
  const bar = createProgressBar(cli.err, cli.now);
  const options = {
    signal: cli.interruption.signal,
    onProgress: (done: number, of: number) => {
      if (!quiet) bar.draw('decomposing', done / of, `${done} of ${of} matrices`);
    },
  };
  let report;
  try {
    report = await fromFile('--model', model, async () => {
      if (weights) {
        await writeWeights(model, mixture, output, options);
        return undefined;
      }
      const adapterOptions = { ...options, ...(rank !== undefined && { rank }) };
      return (await writeAdapters(model, [mixture[0]!.expert], [output], adapterOptions))[0]!;
    });
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new UsageError(`--output: ${output} cannot be written: ${reasonOf(cause)}.`, { cause });
  } finally {
    bar.clear();
  }
  if (json === true) return writeJson(cli.out, { file: output, ...report });
  const told =
    report === undefined
      ? 'the model with the mixture in its weights.'
      : `an adapter of the rank ${report.rank}, ` +
        (report.error === 0
          ? 'exact.'
          : `which leaves out ${((100 * report.error) / report.norm).toFixed(1)} % of the change (Frobenius norms ` +
            `${report.error.toPrecision(3)} of ${report.norm.toPrecision(3)}).`);
  writeLines(cli.out, [`${output}: ${told}`]);
}

/** `FILE`, or `FILE=WEIGHT`. @throws UsageError */
function parseExpert(text: string): { readonly file: string; readonly weight: number } {
  const [, file = text, written = '1'] = /^(.+)=([^=/]*)$/.exec(text) ?? [];
  const weight = written.trim() === '' ? Number.NaN : Number(written);
  if (Number.isFinite(weight)) return { file, weight };
  throw new UsageError(`expert: ${text} must be written FILE=WEIGHT, with a number.`);
}
