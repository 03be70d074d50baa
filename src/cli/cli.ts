import type { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';

import type { EngineOptions } from '../index.ts';
import type { Output } from './output.ts';

/** What a command works with: its streams and the wish to end. */
export interface Cli {
  readonly out: Output;
  readonly err: Output;
  readonly input: ReadStream | NodeJS.ReadStream;
  /** The terminal of `out`, for those who draw what is being typed. */
  readonly screen: Writable;
  readonly interruption: Interruption;
  /** Where what is typed in chats is kept; `undefined`: nowhere. */
  readonly historyFile?: () => Promise<string>;
  /** Milliseconds from any origin. */
  readonly now: () => number;
  /** What its engines are made with, e.g. a loader of fakes. */
  readonly engineOptions?: EngineOptions;
}

/** Ctrl-C and its like, as a signal. */
export interface Interruption {
  /** Aborts when the user interrupts or nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** Until disposed of, Ctrl-C calls `handler` instead. */
  intercept(handler: () => void): Disposable;
}
