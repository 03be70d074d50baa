import { SingleBar } from 'cli-progress';

import type { EvaluationProgress } from '../../evaluation/index.ts';
import type { Cli } from '../cli.ts';
import { escapeLine } from '../render/escape.ts';

/** Shows how far an evaluation is. */
interface ProgressBar extends Disposable {
  update(progress: EvaluationProgress): void;
}

const none: ProgressBar = { update: () => {}, [Symbol.dispose]: () => {} };

/**
 * A bar with the time that is left, on a terminal; else nothing.
 * @param now - Milliseconds, e.g. `performance.now`.
 */
function createProgressBar({ err }: Cli, quiet: boolean, now: () => number): ProgressBar {
  if (quiet || !err.canRedraw) return none;
  const bar = new SingleBar({
    stream: process.stderr,
    format: `evaluating ${err.palette.accent('{bar}')} {value} of {total}{left}{failures}`,
    barCompleteChar: '━',
    barIncompleteChar: ' ',
    barsize: 32,
    clearOnComplete: true,
    hideCursor: true,
  });
  let start: { readonly ms: number; readonly done: number } | undefined;
  return {
    update({ done, of, failed }) {
      const failures = failed === 0 ? '' : err.palette.warn(`, ${failed} failed`);
      if (start === undefined) {
        start = { ms: now(), done };
        bar.start(of, done, { left: '', failures });
        return;
      }
      const perItem = (now() - start.ms) / Math.max(1, done - start.done);
      bar.update(done, { left: timeLeft(perItem * (of - done)), failures });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}

/** `, about 2:05 left`. */
function timeLeft(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return `, about ${minutes}:${String(seconds % 60).padStart(2, '0')} left`;
}

/**
 * Runs what measures items under a bar. What ends it early is said to have kept what is done.
 * @param directory - Where that is; `null` where nothing is kept.
 */
export async function withProgress<Value>(
  cli: Cli,
  quiet: boolean,
  directory: string | null,
  work: (onProgress: (progress: EvaluationProgress) => void) => Promise<Value>,
): Promise<Value> {
  let progress: EvaluationProgress | undefined;
  using bar = createProgressBar(cli, quiet, () => performance.now());
  try {
    return await work((now) => {
      progress = now;
      bar.update(now);
    });
  } catch (error) {
    bar[Symbol.dispose]();
    if (directory !== null && progress !== undefined && progress.done > 0) {
      cli.err.write(
        `${progress.done} of ${progress.of} items are done and kept in ${escapeLine(directory)}: ` +
          'the same command goes on from there.\n',
      );
    }
    throw error;
  }
}
