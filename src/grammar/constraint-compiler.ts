import { ConstraintError, DisposedError, QueueFullError, type Constraint } from '../spec/index.ts';
import { createDeferred, untilAborted } from '../waiting/index.ts';
import { BoundedCache } from './bounded-cache.ts';
import {
  findCompiled,
  keepCompiled,
  writeConstraint,
  type CompiledConstraint,
  type WrittenConstraint,
} from './compile-constraint.ts';
import type { CompileAnswer, CompileCall } from './compile-messages.ts';
import { CompileThread, type CompileLimits } from './compile-thread.ts';
import { FairQueue } from './fair-queue.ts';
import type { TokenPieces, TokenTries } from './token-index.ts';

export interface ConstraintCompilerOptions extends Partial<CompileLimits> {
  /** Constraints of one owner that may wait. */
  readonly maxWaiting?: number;
}

export interface CompileOptions {
  /** Whose constraint it is: each has one compiled at a time, and owners take turns. */
  readonly owner?: string;
  readonly signal?: AbortSignal;
}

/** So that one owner's slow constraint keeps nobody else from compiling. */
const threadCount = 2;

/** Refusals that are remembered: to refuse the same constraint again costs nothing. */
const mostRefusals = 1000;

const retryAfterSeconds = 2;

/** An owner that no request has. */
const vocabularies = '\0vocabularies';

interface Job {
  readonly owner: string;
  readonly call: CompileCall;
  readonly abandoned: AbortController;
  readonly settle: (answer: Promise<CompileAnswer>) => void;
  readonly answer: Promise<CompileAnswer>;
  /** Who waits for it: it is given up with the last of them. */
  waiting: number;
}

/**
 * Compiles constraints on threads of their own, within bounds on time and memory. Equal constraints are
 * compiled once, for whoever asks; what was compiled lately is given at once.
 */
export class ConstraintCompiler implements Disposable {
  readonly #maxWaiting: number;
  readonly #idle: CompileThread[];
  readonly #queue = new FairQueue<Job>();
  readonly #running = new Set<Job>();
  /** By the constraint's hash. */
  readonly #jobs = new Map<string, Job>();
  readonly #refused = new BoundedCache<string, ConstraintError>(mostRefusals, () => 1);
  #isDisposed = false;

  constructor(options: ConstraintCompilerOptions = {}) {
    const { timeoutMs = 15_000, memoryLimitMb = 512, maxWaiting = 64 } = options;
    this.#maxWaiting = maxWaiting;
    this.#idle = Array.from(
      { length: threadCount },
      () => new CompileThread({ timeoutMs, memoryLimitMb }),
    );
  }

  /**
   * @throws ConstraintError as {@link compileConstraint} does, and beyond the bounds; QueueFullError;
   *   DisposedError; the signal's reason.
   */
  async compile(constraint: Constraint, options: CompileOptions = {}): Promise<CompiledConstraint> {
    const written = writeConstraint(constraint);
    const known = findCompiled(written);
    if (known !== undefined) return known;
    const refused = this.#refused.get(written.hash);
    if (refused !== undefined) throw refusal(refused);
    const answer = await this.#ask(written, options);
    if (answer.kind === 'compiled') {
      return findCompiled(written) ?? keepCompiled(written, answer.constraint);
    }
    if (answer.kind !== 'refused') throw new Error(faultOf(answer));
    throw refusal(
      this.#refused.set(written.hash, new ConstraintError(answer.path, answer.message)),
    );
  }

  /** The trees of a vocabulary's tokens. */
  async index(pieces: TokenPieces): Promise<TokenTries> {
    const job = this.#submit(vocabularies, { kind: 'index', pieces });
    const answer = await job.answer;
    if (answer.kind === 'indexed') return answer.tries;
    throw new Error(faultOf(answer));
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    const disposed = new DisposedError('The engine was disposed of.');
    for (const job of this.#running) job.abandoned.abort(disposed);
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      job.settle(Promise.reject(disposed));
    }
    for (const thread of this.#idle) thread.end();
  }

  async #ask(
    { hash, json }: WrittenConstraint,
    { owner = '', signal }: CompileOptions,
  ): Promise<CompileAnswer> {
    signal?.throwIfAborted();
    let job = this.#jobs.get(hash);
    if (job === undefined) {
      job = this.#submit(owner, { kind: 'compile', json });
      this.#jobs.set(hash, job);
      const submitted = job;
      const forget = (): void => {
        if (this.#jobs.get(hash) === submitted) this.#jobs.delete(hash);
      };
      job.answer.then(forget, forget);
    }
    job.waiting++;
    try {
      return await untilAborted(job.answer, signal);
    } finally {
      if (--job.waiting === 0) this.#giveUp(hash, job);
    }
  }

  /** Does nothing to one that is done. */
  #giveUp(hash: string, job: Job): void {
    if (this.#jobs.get(hash) !== job) return;
    this.#jobs.delete(hash);
    this.#queue.remove(job.owner, job);
    job.abandoned.abort();
  }

  #submit(owner: string, call: CompileCall): Job {
    if (this.#isDisposed) throw new DisposedError('The engine was disposed of.');
    if (this.#queue.countOf(owner) >= this.#maxWaiting) {
      throw new QueueFullError(
        `${this.#maxWaiting} constraints wait to be compiled, as many as may. Try again later.`,
        retryAfterSeconds,
      );
    }
    const answering = createDeferred<CompileAnswer>();
    answering.promise.catch(() => {}); // nobody may be left to hear it
    const settle = (answer: Promise<CompileAnswer>): void => {
      answer.then(
        (value) => answering.resolve(value),
        (error: unknown) => answering.reject(error),
      );
    };
    const abandoned = new AbortController();
    const job = { owner, call, abandoned, answer: answering.promise, settle, waiting: 0 };
    this.#queue.push(owner, job);
    this.#pump();
    return job;
  }

  #pump(): void {
    while (this.#idle.length > 0) {
      const job = this.#next();
      if (job === undefined) return;
      const thread = this.#idle.pop()!;
      this.#running.add(job);
      job.settle(this.#run(job, thread));
    }
  }

  async #run(job: Job, thread: CompileThread): Promise<CompileAnswer> {
    try {
      return await thread.run(job.call, job.abandoned.signal);
    } finally {
      this.#running.delete(job);
      this.#idle.push(thread);
      if (this.#isDisposed) thread.end();
      this.#pump();
    }
  }

  #next(): Job | undefined {
    const busy = new Set(Array.from(this.#running, ({ owner }) => owner));
    return this.#queue.take((owner) => this.#isDisposed || !busy.has(owner));
  }
}

/** Every asker gets an error of its own. */
function refusal({ path, message }: ConstraintError): ConstraintError {
  return new ConstraintError(path, message);
}

function faultOf(answer: CompileAnswer): string {
  return answer.kind === 'failed' ? answer.message : `The compiling thread said ${answer.kind}.`;
}
