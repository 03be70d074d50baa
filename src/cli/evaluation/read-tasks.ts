import {
  answerMetrics,
  isTaskModule,
  loadTaskModule,
  readTask,
  taskFiles,
  type AnswerMetricName,
  type EvaluationItem,
  type EvaluationTask,
} from '../../evaluation/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { warn } from '../loading.ts';
import { fromFile, readText } from '../named-file.ts';
import type { ModuleFlags } from '../options/modules.ts';

/** Flags that say what of the files is evaluated, as commander parses them. */
export interface TaskFlags extends ModuleFlags {
  readonly format?: string;
  readonly groupBy?: string;
  readonly metric?: readonly string[];
  readonly limit?: number;
}

/**
 * Reads the tasks of files, and of directories of them.
 * @param name - The option or argument that names them.
 * @throws UsageError `name: file:line: …`
 */
export async function readTasks(
  name: string,
  places: readonly string[],
  { format, groupBy, metric, limit, allowModules = false }: TaskFlags,
): Promise<EvaluationTask[]> {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new UsageError(`--limit: it must be an integer of at least 1, not ${limit}.`);
  }
  const metrics = metric?.map(toMetric);
  const withMetrics = (item: EvaluationItem): EvaluationItem =>
    item.kind === 'generate' && metrics !== undefined ? { ...item, metrics } : item;
  const read = async (file: string): Promise<EvaluationTask> => {
    if (!isTaskModule(file)) return readTask(await readText(name, file), file, format, { groupBy });
    if (allowModules) return loadTaskModule(file);
    throw new UsageError(`${file} is a program: --allow-modules runs it, with your rights.`);
  };
  const files = await Promise.all(
    places.map((place) => fromFile(name, place, () => taskFiles(place))),
  );
  return Promise.all(
    files.flat().map(async (file) => {
      const task = await fromFile(name, file, () => read(file));
      return { ...task, items: task.items.slice(0, limit).map(withMetrics) };
    }),
  );
}

/** Says which rows of files are no items, the first few by name. */
export function saySkipped(cli: Pick<Cli, 'err'>, tasks: readonly EvaluationTask[]): void {
  for (const { name, items, skipped = [] } of tasks) {
    if (skipped.length === 0) continue;
    const rest = skipped.length - namedRows;
    warn(cli, [
      `${name}: ${skipped.length} of ${items.length + skipped.length} rows are no items and are skipped.`,
      ...skipped.slice(0, namedRows),
      ...(rest > 0 ? [`… and ${rest} more.`] : []),
    ]);
  }
}

/** Rows that are named where some are skipped. */
const namedRows = 5;

function toMetric(name: string): AnswerMetricName {
  const known = Object.keys(answerMetrics) as AnswerMetricName[];
  const metric = known.find((candidate) => candidate === name);
  if (metric !== undefined) return metric;
  throw new UsageError(`--metric: there is no metric ${name}. It is one of ${known.join(', ')}.`);
}
