/** Work that may go on beside other work, and work that may not. */
export class Exclusion {
  readonly #shared = new Set<Promise<unknown>>();
  #last: Promise<unknown> = Promise.resolve();

  /** Beside others of its kind, once what is alone has ended. */
  async beside<Value>(run: () => Promise<Value>): Promise<Value> {
    await this.#last;
    const running = run();
    const settled = running.catch(() => {});
    this.#shared.add(settled);
    try {
      return await running;
    } finally {
      this.#shared.delete(settled);
    }
  }

  /** Once all that has begun has ended; what comes later waits for it. */
  async alone<Value>(run: () => Promise<Value>): Promise<Value> {
    const before = [this.#last, ...this.#shared];
    const running = Promise.all(before).then(run);
    this.#last = running.catch(() => {});
    return running;
  }
}
