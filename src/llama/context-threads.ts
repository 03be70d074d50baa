import type { ContextOptions, ThreadUse } from '../spec/index.ts';
import type { NativeModel } from './native-model.ts';
import type { Pointer } from './structs.ts';
import type { ThreadPool } from './thread-pool.ts';

/** The threads that decode for one context. */
export class ContextThreads implements Disposable {
  readonly #model: NativeModel;
  readonly #context: Pointer;
  readonly #most: number;
  readonly #isAdaptive: boolean;
  /** None where the calling thread alone computes, or a graphics processor does. */
  readonly #pool: ThreadPool | undefined;
  /** What the context was told last. */
  #threads: number;

  constructor(
    model: NativeModel,
    context: Pointer,
    { threads, adaptThreads = false }: Pick<ContextOptions, 'threads' | 'adaptThreads'>,
  ) {
    this.#model = model;
    this.#context = context;
    this.#isAdaptive = adaptThreads;
    this.#most = threads;
    this.#threads = threads;
    if (threads === 1 || model.usesGpu) return;
    this.#pool = model.library.takeThreadPool(threads);
    if (this.#pool === undefined) return;
    model.library.api.attachThreadPool(context, this.#pool.pointer, this.#pool.pointer);
  }

  get use(): ThreadUse {
    return { now: this.#threads, most: this.#most };
  }

  /** Whether decodes wait for their turn: they may not be synchronous. */
  get takesTurns(): boolean {
    return this.#pool !== undefined;
  }

  /** Runs a decode when it is its turn, with as many threads as are fastest. */
  run<Value>(decode: () => Promise<Value>): Promise<Value> {
    const pool = this.#pool;
    if (pool === undefined) return decode();
    return pool.turn(async () => {
      if (!this.#isAdaptive) return decode();
      this.#setThreads(pool.count.now);
      const began = performance.now();
      const usage = process.cpuUsage();
      try {
        return await decode();
      } finally {
        const { user, system } = process.cpuUsage(usage);
        const wallMs = performance.now() - began;
        pool.count.observe({ wallMs, cpuMs: (user + system) / 1000 });
      }
    });
  }

  [Symbol.dispose](): void {
    this.#pool?.[Symbol.dispose]();
  }

  #setThreads(threads: number): void {
    if (threads === this.#threads) return;
    this.#threads = threads;
    this.#model.library.api.setThreads(this.#context, threads, threads);
  }
}
