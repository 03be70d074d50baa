import type { EvaluationProgress } from '../../evaluation/index.ts';
import type { Cli } from '../cli.ts';
import { escapeLine } from '../render/escape.ts';
import { createProgressBar } from '../render/progress-bar.ts';
import { formatDuration } from '../render/numbers.ts';

/** How far an evaluation is, with the time that is left, and what failed. */
function progressFacts(
  { done, of, failed }: EvaluationProgress,
  msPerItem: number | null,
  { warn }: Cli['err']['palette'],
): string {
  const left =
    msPerItem === null ? '' : `, about ${formatDuration((msPerItem * (of - done)) / 1000)} left`;
  const failures = failed === 0 ? '' : warn(`, ${failed} failed`);
  return `${done} of ${of}${left}${failures}`;
}

/**
 * Runs what measures items under a bar. What ends it early is said to have kept what is done.
 * @param place - Where that is; `null` where nothing is kept.
 * @param label - What it does.
 */
export async function withProgress<Value>(
  { err, now }: Pick<Cli, 'err' | 'now'>,
  quiet: boolean,
  place: string | null,
  work: (onProgress: (progress: EvaluationProgress) => void) => Promise<Value>,
  label = 'evaluating',
): Promise<Value> {
  let progress: EvaluationProgress | undefined;
  let start: { readonly ms: number; readonly done: number } | undefined;
  using bar = createProgressBar(err, now);
  try {
    return await work((current) => {
      progress = current;
      if (quiet) return;
      const { done, of } = current;
      start ??= { ms: now(), done };
      const msPerItem = done === start.done ? null : (now() - start.ms) / (done - start.done);
      bar.draw(label, done / of, progressFacts(current, msPerItem, err.palette));
    });
  } catch (error) {
    bar.clear();
    if (place !== null && progress !== undefined && progress.done > 0) {
      err.write(
        `${progress.done} of ${progress.of} items are done and kept in ${escapeLine(place)}: ` +
          'the same command goes on from there.\n',
      );
    }
    throw error;
  }
}
