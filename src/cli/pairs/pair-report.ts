import type { PairProgress } from '../../pairs/index.ts';
import type { Output } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { formatDuration } from '../render/numbers.ts';
import { createProgressBar } from '../render/progress-bar.ts';

/** Shows how far a pair is. */
export interface PairReport extends Disposable {
  readonly update: (progress: PairProgress) => void;
  /** Whether anything was done that is kept. */
  readonly hasBegun: boolean;
}

/** A bar with the time that is left, which each stage counts for itself; nothing in a pipe or where quiet is asked for. */
export function createPairReport(output: Output, now: () => number, isQuiet: boolean): PairReport {
  const bar = createProgressBar(output, now);
  let stage: PairProgress['stage'] | undefined;
  let start = { ms: 0, done: 0 };
  let hasBegun = false;
  return {
    get hasBegun() {
      return hasBegun;
    },
    update(progress) {
      const { done, of, facts = '' } = progress;
      if (progress.stage !== stage) {
        stage = progress.stage;
        start = { ms: now(), done };
      }
      hasBegun ||= of > 0 && done > 0;
      if (isQuiet) return;
      const counted = of === 0 ? [] : [`${done} of ${of}${timeLeft(progress, start, now())}`];
      const said = facts === '' ? [] : [escapeLine(facts)];
      bar.draw(stage, of === 0 ? 0 : done / of, [...counted, ...said].join(', '));
    },
    [Symbol.dispose]: () => bar.clear(),
  };
}

function timeLeft(
  { done, of }: PairProgress,
  start: { readonly ms: number; readonly done: number },
  ms: number,
): string {
  if (done <= start.done) return '';
  const msPerUnit = (ms - start.ms) / (done - start.done);
  return `, about ${formatDuration((msPerUnit * (of - done)) / 1000)} left`;
}
