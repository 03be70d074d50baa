import { untilAborted } from '../waiting/index.ts';

/** Chunks that may be on their way to a reader, or in its hands unread. */
export const creditWindow = 64;

/** What a sender may send: credits, given by the reader and taken one by one. */
export class Credit {
  readonly #signal: AbortSignal;
  #left = 0;
  #wake: (() => void) | undefined;
  /** Whether any was ever given: whether there is a reader. */
  wasGiven = false;

  /** @param signal - Ends the waiting. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  give(count: number): void {
    this.wasGiven = true;
    this.#left += count;
    this.#wake?.();
  }

  /** Waits until there is a credit; takes none. @throws The signal's reason. */
  async wait(): Promise<void> {
    while (this.#left === 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await untilAborted(woken, this.#signal);
    }
  }

  async take(): Promise<void> {
    await this.wait();
    this.#left--;
  }
}
