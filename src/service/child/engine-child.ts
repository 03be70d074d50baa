import { fork, type ChildProcess } from 'node:child_process';

import { describeEnd, type ChildEnd } from './child-end.ts';
import { engineProgram } from './engine-program.ts';
import { LineTail } from './line-tail.ts';
import type { FromEngine, StartMessage, ToEngine } from './protocol.ts';
import { watchForSilence } from './silence.ts';
import type { StartTimer } from '../../waiting/index.ts';

/** How long the last words of a process that has ended are waited for. */
const lastWordsMs = 1000;

export interface EngineChildOptions {
  readonly start: StartMessage;
  readonly execArgv: readonly string[];
  readonly startMs: number;
  readonly hangMs: number;
  readonly loadingHangMs: number;
  readonly startTimer: StartTimer;
  readonly onMessage: (message: FromEngine) => void;
  readonly onLog: (line: string) => void;
}

/** One engine's process, from its start to its end. */
export class EngineChild {
  /** How it ended; resolves once, when nothing comes from it any more. */
  readonly ended: Promise<ChildEnd>;
  readonly #process: ChildProcess;
  #silence: ReturnType<typeof watchForSilence>;
  /** Why this process was killed by ours. */
  #fault: string | undefined;
  #hasExited = false;

  constructor(options: EngineChildOptions) {
    const { start, execArgv, startMs, startTimer, onMessage, onLog } = options;
    const program = engineProgram();
    this.#process = fork(program.file, {
      serialization: 'advanced',
      execArgv: [...program.execArgv, ...execArgv],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const words = new LineTail(onLog);
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => words.push(text));
    }
    const watch = (limitMs: number) =>
      watchForSilence(
        limitMs,
        () => this.kill(`said nothing for ${limitMs / 1000} s and was killed`),
        startTimer,
      );
    this.#silence = watch(startMs);
    this.#process.on('message', (message: FromEngine) => {
      this.#silence.heard();
      const limitMs = silenceLimit(message, options);
      if (limitMs !== undefined) {
        this.#silence.stop();
        this.#silence = watch(limitMs);
      }
      onMessage(message);
    });
    // Nearly always because it has ended, which its exit will say better.
    this.#process.once('disconnect', () => {
      if (this.#hasExited) return;
      const kill = () => this.kill('closed its channel and was killed');
      this.#process.once('exit', startTimer(lastWordsMs, kill));
    });
    this.ended = this.#watchEnd(startTimer, words);
    this.send(start);
  }

  /** `undefined` if it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Whether it can still be spoken to. */
  get isOpen(): boolean {
    return this.#process.connected && !this.#hasExited;
  }

  /** @throws DataCloneError for what cannot be sent. */
  send(message: ToEngine): void {
    if (!this.isOpen) return;
    this.#process.send(message, () => {
      // A process that is gone is reported by `ended`.
    });
  }

  /** @param fault - What is said of it, if nothing else ended it before. */
  kill(fault: string): void {
    if (this.#hasExited) return;
    this.#fault ??= fault;
    this.#process.kill('SIGKILL');
  }

  #watchEnd(startTimer: StartTimer, words: LineTail): Promise<ChildEnd> {
    const child = this.#process;
    return new Promise((resolve) => {
      const end = (what: string): void => {
        this.#silence.stop();
        resolve(describeEnd(child.pid, what, words.lines));
      };
      child.on('error', (error) => {
        if (child.pid !== undefined) return; // a message could not be sent: it is about to end
        this.#hasExited = true;
        end(`could not be started: ${error.message}`);
      });
      child.once('exit', (code, signal) => {
        this.#hasExited = true;
        const what = this.#fault ?? howItEnded(code, signal);
        const stopTimer = startTimer(lastWordsMs, () => end(what));
        // What it wrote and what it said is read to its end first.
        let isRead = !child.connected;
        let isClosed = false;
        child.once('disconnect', () => {
          isRead = true;
          if (isClosed) finish();
        });
        child.once('close', () => {
          isClosed = true;
          if (isRead) finish();
        });

        function finish(): void {
          stopTimer();
          end(what);
        }
      });
    });
  }
}

/** How long it may be silent from this message on, if the message changes that. */
export function silenceLimit(
  message: FromEngine,
  { hangMs, loadingHangMs }: Pick<EngineChildOptions, 'hangMs' | 'loadingHangMs'>,
): number | undefined {
  if (message.kind === 'ready') return hangMs;
  if (message.kind !== 'status' || message.recipes === undefined) return undefined;
  return message.recipes.some(({ state }) => state === 'loading') ? loadingHangMs : hangMs;
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') {
    return 'was killed (SIGKILL), as the system does when memory runs out';
  }
  return signal === null ? `ended with exit code ${code}` : `crashed (${signal})`;
}
