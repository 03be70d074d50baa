import { TrimtabError } from '../spec/index.ts';
import type { ContextEntry } from '../store/index.ts';
import { createBackoff, pause } from '../waiting/index.ts';

export interface IdleWorkerOptions {
  readonly entries: () => Promise<readonly ContextEntry[]>;
  /** Whether it can be prepared now. */
  readonly isServed: (entry: ContextEntry) => boolean;
  readonly prepare: (entry: ContextEntry, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown, doing: string) => void;
  /** Milliseconds between looks for contexts that other machines have taken in. */
  readonly lookMs?: number;
}

/** Codes of errors after which another try may end better. */
const passing: ReadonlySet<string> = new Set(['engine_unavailable', 'kv_cache_full', 'queue_full']);

/** Prepares contexts, one after the other, until it is stopped. Whether anybody waits is the engine's to know. */
export class IdleWorker {
  readonly #options: IdleWorkerOptions;
  readonly #stopping = new AbortController();
  readonly #backoff = createBackoff({ minMs: 1000, maxMs: 60_000 });
  /** Of each context that has all that is worth it, what had been asked of it then. */
  readonly #done = new Map<string, number>();
  #waking = new AbortController();
  #loop: Promise<void> | undefined;
  #current: { readonly key: string; readonly ending: AbortController } | undefined;

  constructor(options: IdleWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** There may be work. */
  wake(): void {
    this.#waking.abort();
  }

  /** A context is gone: what is made for it ends. */
  forget(key: string): void {
    this.#done.delete(key);
    if (this.#current?.key === key) this.#current.ending.abort(new ContextGone());
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new DOMException('The worker stops.', 'AbortError'));
    this.wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { entries, isServed, onError, lookMs = 30_000 } = this.#options;
    while (!signal.aborted) {
      let restMs = lookMs;
      try {
        for (const entry of await entries()) {
          if (signal.aborted) return;
          if (isServed(entry) && this.#done.get(entry.key) !== entry.use.asks) {
            await this.#prepare(entry);
          }
        }
        this.#backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        onError(error, 'looking for contexts');
        restMs = this.#backoff.next();
      }
      await pause(restMs, this.#waking.signal).catch(() => undefined);
      this.#waking = new AbortController();
    }
  }

  /** What fails is not tried again before something is asked of it. */
  async #prepare(entry: ContextEntry): Promise<void> {
    const ending = new AbortController();
    this.#current = { key: entry.key, ending };
    const signal = AbortSignal.any([this.#stopping.signal, ending.signal]);
    try {
      await this.#options.prepare(entry, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof TrimtabError && passing.has(error.code)) throw error;
      this.#options.onError(error, `preparing the context ${entry.id}`);
    } finally {
      this.#current = undefined;
    }
    this.#done.set(entry.key, entry.use.asks);
  }
}

class ContextGone extends Error {
  constructor() {
    super('The context was deleted.');
  }
}
