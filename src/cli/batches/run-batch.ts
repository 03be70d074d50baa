import path from 'node:path';

import { AnswerFile, answerRequests, inspectRequests, jobLimits } from '../../jobs/index.ts';
import type { ItemAnswerer, RequestResult } from '../../jobs/index.ts';
import { InvalidOptionError } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { withProgress } from '../evaluation/progress.ts';
import { FailureSaid, UsageError } from '../failure.ts';
import { fromFile } from '../named-file.ts';
import { writeLines } from '../output.ts';
import { localOwner } from '../profiles/local-owner.ts';
import { escapeLine } from '../render/escape.ts';
import { isSystemError, reasonOf } from '../system-error.ts';
import { openAnswerer, type AnswererFlags } from './answerers.ts';
import { openRequests, type RequestSource } from './request-source.ts';

/** Flags of `trimtab batch`, as commander parses them. */
interface BatchFlags extends AnswererFlags {
  readonly output?: string;
  readonly errors?: string;
}

/** Faults of a file that are told. */
const toldFaults = 10;

/** Answers a file of requests; what its output has already is not asked again. */
export async function runBatch(
  cli: Cli,
  file: string | undefined,
  flags: BatchFlags,
): Promise<void> {
  const { output, errors = output === undefined ? undefined : errorsBeside(output) } = flags;
  if (errors !== undefined && isSameFile(errors, output)) {
    throw new UsageError(`--errors: answers go to ${errors}. Give another file.`);
  }
  const source = await openRequests(cli, file);
  await fromFile('file', source.name, () => readBeginning(source));
  await using answers = await openAnswers('--output', output);
  await using refusals = await openAnswers('--errors', errors);
  await using opened = await openAnswerer(cli, flags);
  const { answerer, parallel } = opened;
  const ids = await idsOf(cli, source, answerer);
  const answered = answers?.answered ?? new Set<string>();
  requireOfThese(answered, ids, output ?? '', source.name);
  await refusals?.clear();
  const progress = { done: answered.size, of: ids.size, failed: 0 };
  const keep = keeperOf(cli, answers, refusals);
  const { quiet = false } = flags;
  await withProgress(
    cli,
    quiet,
    output ?? null,
    async (onProgress) => {
      onProgress({ ...progress });
      await answerRequests(source.read(), {
        limits: { ...jobLimits, parallelItems: parallel },
        answerer,
        owner: localOwner,
        signal: cli.interruption.signal,
        isAnswered: (id) => answered.has(id),
        async onResult(result) {
          await keep(result);
          progress.done += 1;
          if (result.isError) progress.failed += 1;
          onProgress({ ...progress });
        },
      });
    },
    'answering',
  );
  const { of, failed } = progress;
  if (failed > 0) {
    const where = errors === undefined ? '' : `: see ${escapeLine(errors)}`;
    cli.err.write(`${failed} of ${of} requests failed${where}\n`);
    throw new FailureSaid();
  }
  if (output === undefined) return;
  writeLines(cli.out, [`${of} requests are answered: ${cli.out.plain(output)}`]);
}

/** `answers.jsonl` → `answers.errors.jsonl`. */
function errorsBeside(output: string): string {
  const { dir, name, ext } = path.parse(output);
  return path.join(dir, `${name}.errors${ext === '' ? '.jsonl' : ext}`);
}

function isSameFile(a: string, b: string | undefined): boolean {
  return b !== undefined && path.resolve(a) === path.resolve(b);
}

/** So that a file that cannot be read is told before anything is made. */
async function readBeginning(source: RequestSource): Promise<void> {
  for await (const _ of source.read()) break;
}

/** @throws UsageError for a file that cannot be written, or has something else in it. */
async function openAnswers(
  flag: string,
  file: string | undefined,
): Promise<AnswerFile | undefined> {
  if (file === undefined) return undefined;
  try {
    return await AnswerFile.open(file);
  } catch (cause) {
    if (cause instanceof InvalidOptionError) {
      throw new UsageError(`${flag}: ${cause.message}`, { cause });
    }
    if (!isSystemError(cause)) throw cause;
    throw new UsageError(`${flag}: ${file} cannot be written: ${reasonOf(cause)}.`, { cause });
  }
}

/** The names of all requests. @throws UsageError for a file with faults, which it names */
async function idsOf(
  { interruption }: Cli,
  source: RequestSource,
  answerer: ItemAnswerer,
): Promise<ReadonlySet<string>> {
  const { signal } = interruption;
  const { name } = source;
  const reading = { limits: jobLimits, answerer, signal };
  const { ids, faults } = await inspectRequests(source.read(), reading);
  if (faults.length > 0) {
    const told = faults.slice(0, toldFaults).map(({ message }) => `- ${message}`);
    const more = faults.length - told.length;
    if (more > 0) told.push(`and ${more} more`);
    throw new UsageError(
      `file: ${name} has lines that are no requests:\n${told.join('\n')}\nNothing was answered.`,
    );
  }
  if (ids.size === 0) throw new UsageError(`file: ${name} has no request.`);
  return ids;
}

/** @throws UsageError for answers of other requests */
function requireOfThese(
  answered: ReadonlySet<string>,
  ids: ReadonlySet<string>,
  output: string,
  file: string,
): void {
  const other = [...answered].find((id) => !ids.has(id));
  if (other === undefined) return;
  const named = JSON.stringify(other.slice(0, 100));
  throw new UsageError(
    `--output: ${output} has an answer to ${named}, which ${file} does not ask: give another file.`,
  );
}

/** Puts results where they belong. */
function keeperOf(
  { out, err }: Cli,
  answers: AnswerFile | undefined,
  refusals: AnswerFile | undefined,
): (result: RequestResult) => Promise<void> {
  return async (result) => {
    const { isError, line } = result;
    const file = isError ? refusals : answers;
    if (file !== undefined) await file.append(line);
    else if (isError) err.write(`${err.plain(refusalOf(result))}\n`);
    else out.write(`${line}\n`);
  };
}

/** `item-3: 400 temperature must be …` */
function refusalOf({ customId, answer }: RequestResult): string {
  const { error } = (answer.body ?? {}) as { readonly error?: { readonly message?: unknown } };
  const { message } = error ?? {};
  return `${customId}: ${answer.status} ${typeof message === 'string' ? message : ''}`;
}
