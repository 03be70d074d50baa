import type { ConstraintState } from '../../spec/index.ts';

/** Steps of a mask that are done at once: most masks take none, or few. */
const stepsAtOnce = 2000;

/** Steps per turn of the event loop, whoever asks: some milliseconds. */
const stepsPerTurn = 10_000;

interface Waiting {
  readonly state: ConstraintState;
  readonly budget: number;
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Works on masks that take long, a slice of one at a time, so that no answer's mask stops the others: the
 * event loop turns between two slices, and models decode meanwhile.
 */
export class MaskPreparer {
  readonly #waiting: Waiting[] = [];

  /**
   * @returns What to wait for before the state's mask is asked for; `undefined` if it is ready. Rejects
   *   as the mask does, or with the signal's reason.
   */
  prepare(state: ConstraintState, budget: number, signal: AbortSignal): Promise<void> | undefined {
    if (state.prepareMask(budget, stepsAtOnce)) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ state, budget, signal, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#turn());
    });
  }

  #turn(): void {
    const waiting = this.#waiting[0]!;
    const isDone = this.#workOn(waiting);
    this.#waiting.shift();
    if (!isDone) this.#waiting.push(waiting); // behind the others
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
  }

  #workOn({ state, budget, signal, resolve, reject }: Waiting): boolean {
    try {
      signal.throwIfAborted();
      if (!state.prepareMask(budget, stepsPerTurn)) return false;
      resolve();
    } catch (error) {
      reject(error);
    }
    return true;
  }
}
