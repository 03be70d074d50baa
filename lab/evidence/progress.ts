// How far a long run is, and how long it will take.
import { showProgress } from '../shared/progress.ts';

/** Items before which the time that is left would be a guess. */
const fewest = 20;

export interface RunProgress {
  /** @param done - Items of the step that is under way. @param isNew - Whether one was measured just now. */
  advance(step: string, done: number, isNew: boolean): void;
  /** A step of so many items is over. */
  finish(step: string, items: number): void;
}

/**
 * One line that replaces itself on a terminal, elsewhere a line for each step.
 * @param of - Items of all steps. @param now - Milliseconds.
 */
export function createProgress(of: number, now: () => number): RunProgress {
  const start = now();
  let [before, measured] = [0, 0];
  const tell = (step: string, done: number): string => {
    const left = (of - done) * ((now() - start) / measured / 60_000);
    const time = measured < fewest ? '' : `, about ${Math.ceil(left)} minutes left`;
    return `${done} of ${of} items${time}: ${step}`;
  };
  return {
    advance(step, done, isNew) {
      if (isNew) measured++;
      showProgress(tell(step, before + done));
    },
    finish(step, items) {
      before += items;
      if (!process.stderr.isTTY) process.stderr.write(`${tell(step, before)}\n`);
      else if (before === of) showProgress('');
    },
  };
}
