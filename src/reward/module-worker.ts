import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DisposedError, RewardError } from '../spec/index.ts';
import { moduleProgram } from './module-program.ts';
import type { ModuleAnswer, ModuleCall } from './module-program.ts';
import { untilAborted } from '../waiting/index.ts';

/** Bounds on one call of a module. */
export interface ModuleLimits {
  readonly timeoutMs: number;
  /** Of the worker's heap, in MiB. */
  readonly memoryLimitMb: number;
}

/** What a start may take: a thread, the module and all that it imports. */
const loadTimeoutMs = 30_000;

/**
 * A thread that runs a user's module, one call after the other. A call that does not return in time, or
 * ends the thread, costs that call alone: the next one starts another thread. It keeps the process
 * alive only while it works.
 *
 * Its heap is bounded, but one single allocation of hundreds of megabytes ends the process in spite of
 * that: a module is code that its user trusts, and this guards against its mistakes.
 */
export class ModuleWorker implements AsyncDisposable {
  readonly #reward: string;
  readonly #file: string;
  readonly #limits: ModuleLimits;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  /** @param reward - Its name, for messages. @param file - Absolute path of the module. */
  constructor(reward: string, file: string, limits: ModuleLimits) {
    this.#reward = reward;
    this.#file = file;
    this.#limits = limits;
  }

  /** Loads the module; gives the scope that it exports, not checked. @throws RewardError */
  async load(): Promise<unknown> {
    return (await this.#start()).scope;
  }

  /**
   * The module's values, not checked. Rejects with the signal's reason as soon as that aborts, whatever
   * becomes of the call. @throws RewardError, DisposedError
   */
  score(call: ModuleCall, signal: AbortSignal): Promise<unknown> {
    const turn = this.#last.then(() => {
      signal.throwIfAborted();
      return this.#run(call);
    });
    // The queue goes on whatever became of this turn.
    this.#last = turn.catch(() => {});
    return untilAborted(turn, signal);
  }

  /** Ends the thread: a call in progress rejects with DisposedError, and so do later ones. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#worker?.terminate();
  }

  async #run(call: ModuleCall): Promise<unknown> {
    const worker = this.#worker ?? (await this.#start()).worker;
    worker.ref();
    try {
      const { timeoutMs } = this.#limits;
      const answer = this.#next(
        worker,
        timeoutMs,
        `took longer than ${timeoutMs} ms for one set of candidates and was ended: make it faster, or raise the reward's timeout`,
      );
      worker.postMessage(call, []);
      const settled = await answer;
      if (settled.kind === 'values') return settled.values;
      throw this.#error(settled.kind === 'failed' ? `failed: ${settled.message}` : outOfTurn);
    } finally {
      worker.unref();
    }
  }

  /** A new thread once the module is loaded: that does not count as a call. */
  async #start(): Promise<{ readonly worker: Worker; readonly scope: unknown }> {
    if (this.#isDisposed) throw this.#disposed();
    const worker = new Worker(moduleProgram, {
      eval: true,
      workerData: pathToFileURL(this.#file).href,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryLimitMb },
    });
    this.#worker = worker;
    // Also between calls, when nothing else listens.
    worker.on('error', () => this.#drop(worker));
    worker.on('exit', () => this.#drop(worker));
    const answer = await this.#next(
      worker,
      loadTimeoutMs,
      `was not loaded within ${loadTimeoutMs} ms`,
    );
    if (answer.kind === 'ready') {
      worker.unref();
      return { worker, scope: answer.scope };
    }
    this.#drop(worker);
    throw this.#error(answer.kind === 'failed' ? `cannot be loaded: ${answer.message}` : outOfTurn);
  }

  /** The thread's next message. Ends the thread where it fails, or has none within `timeoutMs`. */
  #next(worker: Worker, timeoutMs: number, tooSlow: string): Promise<ModuleAnswer> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
      };
      const fail = (what: string, cause?: unknown): void => {
        settle();
        this.#drop(worker);
        reject(this.#isDisposed ? this.#disposed() : this.#error(what, cause));
      };
      const onMessage = (answer: ModuleAnswer): void => {
        settle();
        resolve(answer);
      };
      const onError = (error: NodeJS.ErrnoException): void => {
        const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        const limit = `needed more than ${this.#limits.memoryLimitMb} MiB of memory`;
        fail(isMemory ? limit : `failed: ${error.message}`, error);
      };
      const onExit = (code: number): void => fail(`ended its thread with exit code ${code}`);
      const timer = setTimeout(() => fail(tooSlow), timeoutMs);
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
    });
  }

  #drop(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
    void worker.terminate();
  }

  #error(what: string, cause?: unknown): RewardError {
    return new RewardError(
      this.#reward,
      `The module of the reward "${this.#reward}" ${what}. It is ${this.#file}.`,
      cause === undefined ? {} : { cause },
    );
  }

  #disposed(): DisposedError {
    return new DisposedError(`The reward "${this.#reward}" was disposed of: load it again.`);
  }
}

const outOfTurn = 'sent a message of its own to `parentPort`, which is for its answers alone';
