/** Something that is opened when it is first needed, and again if that failed. */
export class OpenedLate<Value extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: () => Promise<Value>;
  #opening: Promise<Value> | undefined;

  constructor(open: () => Promise<Value>) {
    this.#open = open;
  }

  /** All who ask while it is opened get the same, or the same error. */
  async get(): Promise<Value> {
    this.#opening ??= this.#try();
    return this.#opening;
  }

  /** Disposes of it if it was opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    const value = await this.#opening?.catch(() => undefined);
    await value?.[Symbol.asyncDispose]();
  }

  async #try(): Promise<Value> {
    try {
      return await this.#open();
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
