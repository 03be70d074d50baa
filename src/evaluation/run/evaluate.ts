import { isDeepStrictEqual } from 'node:util';

import { InvalidOptionError, TrimtabError, type InferenceService } from '../../spec/index.ts';
import { isPassMetric } from '../metrics/pass-scores.ts';
import type { ProgramPermissions, ProgramRunners } from '../programs/index.ts';
import type { EvaluationItem, EvaluationTask } from '../task.ts';
import { forEachConcurrently } from './concurrently.ts';
import { isFailed, type FailedItem, type ItemKey } from './item-result.ts';
import { itemSeed } from './item-seed.ts';
import { measureItem } from './measure-item.ts';
import { scoresOf } from './measure-program.ts';
import type { MeasureOptions, ProgramSampling } from './measurement.ts';
import { requireRandomness, resolveProgramSampling } from './program-sampling.ts';
import { requireExamples } from './require-examples.ts';
import { requireRoom } from './require-room.ts';
import { ResultLog, type ItemRecord } from './result-log.ts';
import { describeRun, type DescribedRun, type RunDescription } from './run-description.ts';
import { openRunDirectory } from './run-directory.ts';
import { requireMeasurable } from './require-measurable.ts';
import type { EvaluationSystem } from './system.ts';

export interface EvaluateOptions extends DescribedRun {
  /** Its recipes are asked; whoever made it disposes of it. */
  readonly service: InferenceService;
  /** Where results are kept: created, or gone on with if it holds this very evaluation. */
  readonly directory: string;
  /** The k of every pass@k that is reported; 1, 10 and 100 as far as there are samples, by default. */
  readonly passAt?: readonly number[];
  /** What may be done with generated programs; JavaScript alone by default. */
  readonly programs?: ProgramPermissions;
  /** Items in work at once. */
  readonly concurrency?: number;
  /** Items that may fail before the evaluation is given up. */
  readonly maxFailures?: number;
  readonly signal?: AbortSignal;
  /** Called at the start and after every item. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

const evaluateDefaults = {
  concurrency: 8,
  maxFailures: 10,
} as const satisfies Partial<EvaluateOptions>;

export interface EvaluationProgress {
  /** Items done, of all systems together, those of earlier runs included. */
  readonly done: number;
  readonly of: number;
  /** Those that failed in this run. */
  readonly failed: number;
}

/** An evaluation that is complete. */
export interface Evaluation {
  readonly description: RunDescription;
  /** By task, item and system, in the order they were given. */
  readonly records: readonly ItemRecord[];
}

/** More items failed than may; `cause` is the last one's error. */
export class TooManyFailuresError extends TrimtabError {
  readonly code = 'too_many_failures';
}

interface Job {
  readonly key: ItemKey;
  readonly item: EvaluationItem;
  readonly system: EvaluationSystem;
}

/**
 * Puts every item of every task to every system. Each result is on disk before the next item of its lane
 * begins, so that an evaluation that ended early goes on where it was: items are never done twice, but
 * for those that failed. The results are the same whatever the concurrency and however often it was
 * interrupted, as far as the engine's logits are.
 * @throws InvalidOptionError for options that cannot be used, or a directory with another evaluation;
 *   errors of loading a recipe; TooManyFailuresError; StoreError; the signal's reason.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { service, tasks, systems, seed, directory, samples = 1, onProgress } = options;
  const { concurrency, maxFailures } = { ...evaluateDefaults, ...options };
  const { signal = new AbortController().signal } = options;
  requireCount('concurrency', concurrency, 1);
  requireCount('maxFailures', maxFailures, 0);
  requireMeasurable(service, tasks);
  requireExamples(systems, tasks);
  const sampling = resolveProgramSampling(samples, options.passAt, tasks);
  const description = describeRun(options);
  const runners = await openRunners(tasks, options.programs ?? {});
  const files = await openRunDirectory(directory, description);
  await using log = await ResultLog.open(files);
  const jobs = tasks.flatMap((task) =>
    task.items.flatMap((item) =>
      systems.map((system): Job => ({
        key: { task: task.name, item: item.id, system: system.name },
        item,
        system,
      })),
    ),
  );
  const open = jobs.filter(({ key }) => isOpen(log.get(key)));
  let done = jobs.length - open.length;
  let failed = 0;
  const report = () => onProgress?.({ done, of: jobs.length, failed });
  report();
  for (const recipe of new Set(open.map(({ system }) => system.recipe))) {
    const loaded = await service.load(recipe, signal);
    for (const system of systems.filter((candidate) => candidate.recipe === recipe)) {
      requireRandomness(system, loaded.sampling, samples);
      await requireRoom(tasks, loaded, { service, system, seed, sampling, runners, signal });
    }
  }
  await forEachConcurrently(open, concurrency, signal, async (job, ending) => {
    const { system, key } = job;
    const of = { service, system, sampling, runners, signal: ending };
    const own = { ...of, seed: itemSeed(seed, key.task, key.item) };
    const record = await runJob(job, own, (error) => {
      failed++;
      if (failed > maxFailures) throw tooManyFailures(failed, job, error);
    });
    await log.append(record);
    done++;
    report();
  });
  for (const { key } of jobs) await scoreAgain(log, key, sampling);
  return { description, records: await log.settle(jobs.map(({ key }) => key)) };
}

/** Sandboxes are loaded where a task has programs, and not otherwise. */
async function openRunners(
  tasks: readonly EvaluationTask[],
  permissions: ProgramPermissions,
): Promise<ProgramRunners> {
  if (!tasks.some(({ items }) => items.some(({ kind }) => kind === 'program'))) return new Map();
  const { openProgramRunners } = await import('../programs/index.ts');
  return openProgramRunners(tasks, permissions);
}

/** An earlier run may have reported pass@k of other sizes: its samples tell these, too. */
async function scoreAgain(log: ResultLog, key: ItemKey, { sizes }: ProgramSampling): Promise<void> {
  const { result, cost } = log.get(key)!;
  if (isFailed(result) || result.samples === undefined) return;
  const others = Object.entries(result.scores).filter(([metric]) => !isPassMetric(metric));
  const scores = { ...scoresOf(result.samples, sizes), ...Object.fromEntries(others) };
  if (isDeepStrictEqual(scores, result.scores)) return;
  await log.append({ result: { ...result, scores }, cost });
}

function isOpen(record: ItemRecord | undefined): boolean {
  return record === undefined || isFailed(record.result);
}

/** Measures an item; one that fails is tried once more. */
async function runJob(
  { key, item }: Job,
  options: MeasureOptions,
  onFailure: (error: unknown) => void,
): Promise<ItemRecord> {
  const { signal } = options;
  const measure = async (): Promise<ItemRecord> => {
    const { result, cost } = await measureItem(item, options);
    return { result: { ...key, ...result }, cost: cost && { ...key, ...cost } };
  };
  try {
    return await measure();
  } catch {
    signal.throwIfAborted();
  }
  try {
    return await measure();
  } catch (error) {
    signal.throwIfAborted();
    onFailure(error);
    return { result: { ...key, error: outline(error) }, cost: null };
  }
}

function outline(error: unknown): FailedItem['error'] {
  return {
    code: error instanceof TrimtabError ? error.code : 'unexpected',
    message: error instanceof Error ? error.message : String(error),
  };
}

function tooManyFailures(
  failed: number,
  { key: { task, item, system } }: Job,
  cause: unknown,
): TooManyFailuresError {
  return new TooManyFailuresError(
    `${failed} items failed, which is too many to go on. The last one was ${item} of ${task}, put to ` +
      `${system}: ${outline(cause).message}`,
    { cause },
  );
}

function requireCount(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new InvalidOptionError(
    option,
    `${option} must be an integer of at least ${least}, not ${value}.`,
  );
}
