import { randomUUID } from 'node:crypto';

import { DeadlineError, type GenerateOptions, type Priority } from '../../spec/index.ts';
import { RefusedError } from '../edge/errors.ts';
import type { ServerLimits } from '../edge/limits.ts';
import { onAbort } from '../../waiting/index.ts';

/** A request that is being answered. Disposing of it ends whatever still works for it. */
export interface Call extends Disposable {
  /** Its name among all requests. */
  readonly id: string;
  /** Aborts when the client has gone, the deadline has passed, or the server stops. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/** The requests in work: how many there may be, how long each may take, and their end. */
export class Calls {
  readonly #limits: ServerLimits;
  readonly #running = new Set<Call>();
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#running.size;
  }

  /**
   * @param priority - Nobody waits for background work: it has no deadline of its own.
   * @throws RefusedError if there are too many, or the server stops.
   */
  begin(client: AbortSignal, priority: Priority = 'interactive'): Call {
    const { requests, deadlineMs } = this.#limits;
    if (this.#isClosing) throw new RefusedError('server_stopping', 'The server is stopping.');
    if (this.#running.size >= requests) {
      throw new RefusedError(
        'too_many_requests',
        `${requests} requests are being answered, as many as the server takes: try again soon.`,
      );
    }
    const controller = new AbortController();
    const abort = (reason: unknown) => controller.abort(reason);
    const endLate = () =>
      abort(new DeadlineError(`The answer took longer than ${deadlineMs / 1000} seconds.`));
    const timer = priority === 'interactive' ? setTimeout(endLate, deadlineMs) : undefined;
    const stay = onAbort(client, abort);
    const call: Call = {
      id: randomUUID(),
      signal: controller.signal,
      abort,
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        stay();
        abort(new DOMException('The request has ended.', 'AbortError'));
        this.#running.delete(call);
        if (this.#running.size === 0) this.#onEmpty?.();
      },
    };
    this.#running.add(call);
    return call;
  }

  /** Takes no more; waits for those in work, and after `drainMs` ends them with an error. */
  async drain(): Promise<void> {
    this.#isClosing = true;
    if (await this.#emptyWithin(this.#limits.drainMs)) return;
    const reason = new RefusedError(
      'server_stopping',
      'The server stopped before the answer ended.',
    );
    for (const call of this.#running) call.abort(reason);
    await this.#emptyWithin(graceMs);
  }

  async #emptyWithin(limitMs: number): Promise<boolean> {
    if (this.#running.size === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), limitMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

/** What the engine is told of an answer's priority. */
export function inBackground(priority: Priority): Pick<GenerateOptions, 'priority'> {
  return priority === 'background' ? { priority } : {};
}

/** For the error chunk of an answer that was ended. */
const graceMs = 2000;
