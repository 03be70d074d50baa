import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';

import { watchProcess } from '../../src/cli/interruption.ts';
import type { Cli } from '../../src/cli/cli.ts';

/** What is typed once something was shown, one after the other; in place of it, `SIGTERM` is sent. */
export type Dialogue = readonly (readonly [onceShown: string, typed: string])[];

const ctrlC = '\u0003';

/** A process that can be sent signals. Its `exit` throws. */
export function fakeProcess() {
  const signals = new EventEmitter();
  return Object.assign(signals, {
    stdout: new EventEmitter(),
    stderr: new EventEmitter(),
    exit(code?: number | string | null): never {
      throw new Error(`The process ends with ${code}.`);
    },
  });
}

/** A terminal and whoever sits at it: Ctrl-C is a signal, unless a command reads every key. */
export class FakeTerminal implements Pick<Cli, 'input' | 'screen' | 'interruption'> {
  readonly input: Cli['input'];
  readonly screen: Writable;
  readonly interruption: Cli['interruption'];
  readonly #dialogue: Dialogue;
  readonly #keys = new PassThrough();
  readonly #process = fakeProcess();
  #isRaw = false;
  #shown = '';
  #heard = 0;
  #said = 0;

  /** @param show - Is called with everything that is drawn on its screen. */
  constructor(columns: number, dialogue: Dialogue, show: (text: string) => void) {
    this.#dialogue = dialogue;
    this.interruption = watchProcess(this.#process);
    const setRawMode = (isRaw: boolean): void => {
      this.#isRaw = isRaw;
    };
    this.input = Object.assign(this.#keys, { isTTY: true, setRawMode }) as unknown as Cli['input'];
    const write = (text: Buffer, _: unknown, done: () => void): void => {
      show(text.toString());
      done();
    };
    this.screen = Object.assign(new Writable({ write }), { isTTY: true, columns, rows: 24 });
  }

  /** Takes in what somebody has drawn, and types what is typed then. */
  see(text: string): void {
    this.#shown += text;
    const [onceShown, typed] = this.#dialogue[this.#said] ?? [];
    const at = onceShown === undefined ? -1 : this.#shown.indexOf(onceShown, this.#heard);
    if (at === -1) return;
    this.#heard = at + onceShown!.length;
    this.#said++;
    setImmediate(() => this.#type(typed!));
  }

  #type(typed: string): void {
    if (typed === 'SIGTERM') this.#process.emit(typed);
    else if (typed === ctrlC && !this.#isRaw) this.#process.emit('SIGINT');
    else this.#keys.write(typed);
  }
}
