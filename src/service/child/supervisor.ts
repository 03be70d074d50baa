import { EngineUnavailableError, type ServiceStatus } from '../../spec/index.ts';
import { createBackoff, onAbort } from '../../waiting/index.ts';
import { toUnavailable, type ChildEnd } from './child-end.ts';
import { EngineChild } from './engine-child.ts';
import type { EngineAnswer, FromEngine, StartMessage, StatusMessage } from './protocol.ts';
import { RemoteCalls } from './remote-calls.ts';
import type { Supervision } from './supervision.ts';
import type { StartTimer } from '../../waiting/index.ts';

export interface SupervisorOptions {
  readonly start: StartMessage;
  readonly supervision: Supervision;
  readonly startTimer: StartTimer;
  readonly onStatus: (message: StatusMessage) => void;
  /** Called when a child has ended that was not told to. */
  readonly onLoss: () => void;
  readonly onLog: (line: string) => void;
}

interface Connection {
  readonly child: EngineChild;
  readonly calls: RemoteCalls;
}

interface Waiter {
  readonly resolve: (calls: RemoteCalls) => void;
  readonly reject: (error: unknown) => void;
}

/** Keeps one engine's process alive: starts it again when it ends, ever later if it keeps ending. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #backoff: ReturnType<typeof createBackoff>;
  readonly #waiters = new Set<Waiter>();
  #connection: Connection;
  #state: ServiceStatus['state'] = 'starting';
  #restarts = 0;
  #loss: EngineUnavailableError | undefined;
  #stopTimer: () => void = () => {};

  constructor(options: SupervisorOptions) {
    const { minRestartDelayMs, maxRestartDelayMs } = options.supervision;
    this.#options = options;
    this.#backoff = createBackoff({ minMs: minRestartDelayMs, maxMs: maxRestartDelayMs });
    this.#connection = this.#launch();
  }

  get state(): ServiceStatus['state'] {
    if (this.#state === 'ready' && !this.#connection.child.isOpen) return 'restarting';
    return this.#state;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get pid(): number | null {
    const { child } = this.#connection;
    return child.isOpen ? (child.pid ?? null) : null;
  }

  /** Waits for the first child. @throws EngineUnavailableError if it ends before it is ready. */
  async started(): Promise<void> {
    const failing = this.#connection.child.ended.then((end) => {
      throw toUnavailable(end, 'The engine cannot be started.');
    });
    await Promise.race([this.#wait(undefined, undefined), failing]);
  }

  /**
   * The calls of a child that answers, which a restart is waited for.
   * @throws EngineUnavailableError if that takes longer than `restartWaitMs`, or the signal's reason.
   */
  connect(signal: AbortSignal | undefined): Promise<RemoteCalls> {
    if (this.state === 'ready') return Promise.resolve(this.#connection.calls);
    return this.#wait(signal, this.#options.supervision.restartWaitMs);
  }

  /** @param limitMs - No limit where it is `undefined`. */
  #wait(signal: AbortSignal | undefined, limitMs: number | undefined): Promise<RemoteCalls> {
    return new Promise((resolve, reject) => {
      let stay: (() => void) | undefined;
      const waiter: Waiter = { resolve: settleWith(resolve), reject: settleWith(reject) };
      const stopTimer =
        limitMs === undefined
          ? undefined
          : this.#options.startTimer(limitMs, () => waiter.reject(this.#notReady(limitMs)));
      const waiters = this.#waiters;
      waiters.add(waiter);
      stay = onAbort(signal, waiter.reject);

      function settleWith<Value>(settle: (value: Value) => void): (value: Value) => void {
        return (value) => {
          waiters.delete(waiter);
          stopTimer?.();
          stay?.();
          settle(value);
        };
      }
    });
  }

  /** Ends all calls and waits with `reason`, and the child: by itself, or killed after `stopMs`. */
  async stop(reason: unknown): Promise<void> {
    const { startTimer, supervision } = this.#options;
    const { child, calls } = this.#connection;
    this.#state = 'stopped';
    this.#stopTimer();
    for (const waiter of this.#waiters) waiter.reject(reason);
    calls.failAll(reason);
    child.send({ kind: 'stop' });
    const stopTimer = startTimer(supervision.stopMs, () => child.kill('did not stop when told to'));
    await child.ended;
    stopTimer();
  }

  #launch(): Connection {
    const { start, supervision, startTimer, onLog } = this.#options;
    const child: EngineChild = new EngineChild({
      start,
      execArgv: supervision.execArgv,
      startMs: supervision.startMs,
      hangMs: supervision.hangMs,
      loadingHangMs: supervision.loadingHangMs,
      startTimer,
      onLog,
      onMessage: (message) => this.#handle(message, calls),
    });
    const calls = new RemoteCalls((message) => child.send(message));
    void child.ended.then((end) => this.#onEnded(calls, end));
    return { child, calls };
  }

  #handle(message: FromEngine, calls: RemoteCalls): void {
    if (this.#state === 'stopped') return;
    if (message.kind === 'status') this.#options.onStatus(message);
    else if (message.kind === 'ready') this.#onReady(calls);
    else calls.handle(message satisfies EngineAnswer);
  }

  #onReady(calls: RemoteCalls): void {
    const { startTimer, supervision } = this.#options;
    this.#state = 'ready';
    this.#stopTimer = startTimer(supervision.healthyMs, () => this.#backoff.reset());
    for (const waiter of this.#waiters) waiter.resolve(calls);
  }

  #onEnded(calls: RemoteCalls, end: ChildEnd): void {
    if (this.#state === 'stopped') return;
    const error = toUnavailable(end, 'It is started again: send the request again.');
    calls.failAll(error);
    this.#loss = error;
    this.#stopTimer();
    this.#state = 'restarting';
    this.#options.onLoss();
    this.#stopTimer = this.#options.startTimer(this.#backoff.next(), () => {
      this.#restarts++;
      this.#connection = this.#launch();
    });
  }

  #notReady(waitedMs: number): EngineUnavailableError {
    return new EngineUnavailableError(
      `The engine has been starting for ${waitedMs / 1000} s. Try again later.`,
      this.#loss && { cause: this.#loss },
    );
  }
}
