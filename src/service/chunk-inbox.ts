import type { GenerationChunk } from '../spec/index.ts';
import { creditWindow } from './credit.ts';

/** Chunks that have come and not been read: never more than the credits given, one window. */
export class ChunkInbox {
  readonly #giveCredit: (chunks: number) => void;
  #chunks: GenerationChunk[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(giveCredit: (chunks: number) => void) {
    this.#giveCredit = giveCredit;
  }

  push(chunk: GenerationChunk): void {
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  close(): void {
    this.#end ??= {};
    this.#wake?.();
  }

  /** What has come is read before the error. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *read(): AsyncGenerator<GenerationChunk, void, undefined> {
    this.#giveCredit(creditWindow);
    let taken = 0;
    for (;;) {
      const chunks = this.#chunks;
      this.#chunks = [];
      for (const chunk of chunks) {
        yield chunk;
        taken++;
        if (taken < creditWindow / 2) continue;
        this.#giveCredit(taken);
        taken = 0;
      }
      if (this.#chunks.length > 0) continue;
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
