/** Chunks that a reader may be behind before the generation waits for it. */
const highWaterMark = 256;

/** Hands values from one producer to one reader, in order; the producer never waits, but can ask. */
export class ChunkQueue<Value> {
  readonly #values: Value[] = [];
  readonly #onDrain: () => void;
  #wakeReader: (() => void) | undefined;
  #end: { error: unknown } | { error?: never } | undefined;
  /** Whether anybody reads: without a reader nothing is kept back. */
  #hasReader = false;

  /** @param onDrain - Called when a reader has taken values and there is room again. */
  constructor(onDrain: () => void) {
    this.#onDrain = onDrain;
  }

  get isFull(): boolean {
    return this.#hasReader && this.#values.length >= highWaterMark;
  }

  push(value: Value): void {
    this.#values.push(value);
    this.#wakeReader?.();
  }

  close(): void {
    this.#end ??= {};
    this.#wakeReader?.();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wakeReader?.();
  }

  async *read(): AsyncGenerator<Value, void, undefined> {
    this.#hasReader = true;
    for (;;) {
      const wasFull = this.isFull;
      const values = this.#values.splice(0);
      if (wasFull) this.#onDrain();
      yield* values;
      if (this.#values.length > 0) continue;
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = undefined;
    }
  }
}
