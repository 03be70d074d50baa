import type { Interruption } from './cli.ts';
import { reasonOf } from './system-error.ts';

/** The user interrupted; `exitCode` is 128 + the signal's number. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: string, exitCode: number) {
    super(`Interrupted by ${signal}.`);
    this.name = 'Interrupted';
    this.exitCode = exitCode;
  }
}

/** Nobody reads the output any more, e.g. because of `| head`: not an error. */
export class OutputClosed extends Error {
  constructor() {
    super('Nobody reads the output any more.');
    this.name = 'OutputClosed';
  }
}

/** The output cannot be written, e.g. because the disk is full. */
export class OutputFailed extends Error {
  override readonly name = 'OutputFailed';

  constructor(cause: NodeJS.ErrnoException) {
    super(`The output cannot be written: ${reasonOf(cause)}.`, { cause });
  }
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** What is watched of a process. */
export type WatchedProcess = Pick<NodeJS.Process, 'exit'> & {
  readonly on: (signal: NodeJS.Signals, listener: () => void) => unknown;
  readonly stdout: NodeJS.EventEmitter;
  readonly stderr: NodeJS.EventEmitter;
};

/** Turns a process's signals and closed outputs into an {@link Interruption}. */
export function watchProcess(process: WatchedProcess): Interruption {
  const controller = new AbortController();
  const handlers: (() => void)[] = [];
  for (const [name, exitCode] of Object.entries(exitCodes) as [keyof typeof exitCodes, number][]) {
    process.on(name, () => {
      const handler = name === 'SIGINT' ? handlers.at(-1) : undefined;
      if (handler !== undefined) return handler();
      // Twice: whatever is still going on shall not keep the user.
      if (controller.signal.aborted) process.exit(exitCode);
      return controller.abort(new Interrupted(name, exitCode));
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isClosed = error.code === 'EPIPE' || error.code === 'EIO';
      controller.abort(isClosed ? new OutputClosed() : new OutputFailed(error));
    });
  }
  return {
    signal: controller.signal,
    intercept(handler) {
      handlers.push(handler);
      return { [Symbol.dispose]: () => void handlers.splice(handlers.indexOf(handler), 1) };
    },
  };
}
