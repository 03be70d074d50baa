import { readFile } from 'node:fs/promises';

import {
  answerMetrics,
  readTask,
  type AnswerMetricName,
  type EvaluationItem,
  type EvaluationTask,
} from '../../evaluation/index.ts';
import { UsageError } from '../failure.ts';

/** Flags that say what of the files is evaluated, as commander parses them. */
export interface TaskFlags {
  readonly format?: string;
  readonly groupBy?: string;
  readonly metric?: readonly string[];
  readonly limit?: number;
}

/** Reads the tasks' files. @throws UsageError, InvalidOptionError `file:line: …`, the file system's error */
export async function readTasks(
  files: readonly string[],
  { format, groupBy, metric, limit }: TaskFlags,
): Promise<EvaluationTask[]> {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new UsageError(`--limit: it must be an integer of at least 1, not ${limit}.`);
  }
  const metrics = metric?.map(toMetric);
  const withMetrics = (item: EvaluationItem): EvaluationItem =>
    item.kind === 'generate' && metrics !== undefined ? { ...item, metrics } : item;
  return Promise.all(
    files.map(async (file) => {
      const { name, items } = readTask(await readFile(file, 'utf8'), file, format, { groupBy });
      return { name, items: items.slice(0, limit).map(withMetrics) };
    }),
  );
}

function toMetric(name: string): AnswerMetricName {
  const known = Object.keys(answerMetrics) as AnswerMetricName[];
  const metric = known.find((candidate) => candidate === name);
  if (metric !== undefined) return metric;
  throw new UsageError(`--metric: there is no metric ${name}. It is one of ${known.join(', ')}.`);
}
