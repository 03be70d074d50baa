/** What a task's work yields to wait for the rows that its lanes have been asked for. */
export const rows = Symbol('rows');

/** A task's work, written down in the order it is done: it yields wherever it must wait, for rows or a promise. */
export type Steps<Result = void> = Generator<typeof rows | Promise<unknown>, Result, unknown>;

/** A value that may still be on its way. */
export function* valueOf<Value>(given: Value | Promise<Value>): Steps<Value> {
  return given instanceof Promise ? ((yield given) as Value) : given;
}

/** What takes the work to its next wait. */
type Step = () => IteratorResult<typeof rows | Promise<unknown>, void>;

/** Takes a task's work from one wait to the next. */
export class Course {
  readonly #steps: Steps;
  readonly #wake: () => void;
  #goOn: Step;
  #waitsFor: 'rows' | 'promise' | null = null;

  /** @param wake - Called when what it waited for, other than rows, has come. */
  constructor(steps: Steps, wake: () => void) {
    this.#steps = steps;
    this.#wake = wake;
    this.#goOn = () => this.#steps.next();
  }

  get isAtRows(): boolean {
    return this.#waitsFor === 'rows';
  }

  get isWaiting(): boolean {
    return this.#waitsFor === 'promise';
  }

  /** Goes on until it must wait again. @returns Whether it is done. Throws what the work throws. */
  advance(): boolean {
    this.#waitsFor = null;
    const { done, value } = this.#goOn();
    this.#goOn = () => this.#steps.next();
    if (done === true) return true;
    if (value === rows) this.#waitsFor = 'rows';
    else this.#wait(value);
    return false;
  }

  #wait(promise: Promise<unknown>): void {
    this.#waitsFor = 'promise';
    const goOn = (step: Step) => {
      this.#goOn = step;
      this.#waitsFor = null;
      this.#wake();
    };
    promise.then(
      (value) => goOn(() => this.#steps.next(value)),
      (error: unknown) => goOn(() => this.#steps.throw(error)),
    );
  }
}
