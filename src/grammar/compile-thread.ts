import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

import { ConstraintError } from '../spec/index.ts';
import { onAbort } from '../waiting/index.ts';
import type { CompileAnswer, CompileCall } from './compile-messages.ts';

/** Bounds on one call. */
export interface CompileLimits {
  readonly timeoutMs: number;
  /** Of the thread's heap, in MiB. */
  readonly memoryLimitMb: number;
}

/** What our own work may take, on a busy machine: a start, and reading a vocabulary. */
const ownMs = 120_000;

/** A thread without work ends, and gives back what its heap has grown by. */
const idleMs = 30_000;

/**
 * A thread that compiles, one call after the other. A call that takes too long or too much memory ends
 * it, and the next one starts another. It does not keep the process alive except while it works.
 */
export class CompileThread {
  readonly #limits: CompileLimits;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(limits: CompileLimits) {
    this.#limits = limits;
  }

  /**
   * Not to be called again before it settles.
   * @throws ConstraintError beyond the limits; the signal's reason, and then the thread ends.
   */
  async run(call: CompileCall, signal: AbortSignal): Promise<CompileAnswer> {
    clearTimeout(this.#idle);
    const worker = this.#worker ?? (await this.#start(signal));
    signal.throwIfAborted();
    worker.ref();
    const timeoutMs = call.kind === 'compile' ? this.#limits.timeoutMs : ownMs;
    const answer = this.#next(worker, timeoutMs, signal);
    worker.postMessage(call, []);
    const settled = await answer;
    worker.unref();
    this.#idle = setTimeout(() => this.end(), idleMs).unref();
    return settled;
  }

  end(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** A new thread once it is ready: its start does not count as compiling. */
  async #start(signal: AbortSignal): Promise<Worker> {
    const worker = startWorker({
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryLimitMb },
    });
    this.#worker = worker;
    // Also between calls, when nothing else listens.
    worker.on('error', () => this.#drop(worker));
    worker.on('exit', () => this.#drop(worker));
    await this.#next(worker, ownMs, signal);
    return worker;
  }

  #drop(worker: Worker): void {
    if (this.#worker === worker) this.end();
  }

  /** The thread's next message. Ends the thread where there is none in time. */
  #next(worker: Worker, timeoutMs: number, signal: AbortSignal): Promise<CompileAnswer> {
    return new Promise((resolve, reject) => {
      let stay: (() => void) | undefined;
      const settle = (): void => {
        clearTimeout(timer);
        stay?.();
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      };
      const fail = (error: unknown): void => {
        settle();
        this.#drop(worker);
        reject(error);
      };
      const onMessage = (answer: CompileAnswer): void => {
        settle();
        resolve(answer);
      };
      const onError = (error: NodeJS.ErrnoException): void => fail(this.#faultOf(error));
      const onExit = (code: number): void => {
        fail(new Error(`The thread that compiles constraints ended with exit code ${code}.`));
      };
      const timer = setTimeout(() => fail(tooSlow(timeoutMs)), timeoutMs);
      stay = onAbort(signal, fail);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }

  #faultOf(error: NodeJS.ErrnoException): Error {
    if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
    return tooMuch(`more than ${this.#limits.memoryLimitMb} MiB of memory`);
  }
}

function tooSlow(timeoutMs: number): ConstraintError {
  return tooMuch(`longer than ${timeoutMs / 1000} s`);
}

function tooMuch(what: string): ConstraintError {
  return new ConstraintError(
    '',
    `To compile the constraint takes ${what}, which is the most allowed. Make it smaller: fewer ` +
      'optional properties, lower counts, fewer alternatives.',
  );
}

/** A thread that runs compile-worker, as source or built, as this file is. */
function startWorker(options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('compile-worker.js', import.meta.url), options);
  }
  const api = createRequire(import.meta.url).resolve('tsx/esm/api');
  const loader = pathToFileURL(api).href;
  const file = new URL('compile-worker.ts', import.meta.url).href;
  const load = `import('${loader}').then(({ tsImport }) => tsImport('${file}', '${loader}'))`;
  return new Worker(load, { ...options, eval: true });
}
