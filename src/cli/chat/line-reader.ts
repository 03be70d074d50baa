import { createInterface, type Interface } from 'node:readline';

import type { Cli } from '../cli.ts';

/** What a reader of the terminal did: said something, interrupted, or left. */
export type Said = { readonly text: string } | 'interrupt' | 'end';

/**
 * Asks for lines on the terminal, with editing and a history. Between two questions the terminal is
 * as the shell left it, so that Ctrl-C is a signal.
 */
export class LineReader implements Disposable {
  readonly #terminal: Pick<Cli, 'input' | 'screen'>;
  readonly #interface: Interface;
  #hasEnded = false;

  constructor(terminal: Pick<Cli, 'input' | 'screen'>, prompt: string) {
    const { input, screen: output } = terminal;
    this.#terminal = terminal;
    this.#interface = createInterface({ input, output, terminal: true, prompt });
    this.#interface.once('close', () => (this.#hasEnded = true));
    this.#rest();
  }

  /** One line; lines that are pasted together are one text. @throws The signal's reason. */
  async ask(signal: AbortSignal): Promise<Said> {
    signal.throwIfAborted();
    if (this.#hasEnded) return 'end';
    const done = new AbortController();
    try {
      return await new Promise<Said>((resolve, reject) => {
        this.#listen(resolve, done.signal);
        const abort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', abort, { signal: done.signal });
        this.#terminal.input.setRawMode(true);
        this.#interface.prompt();
      });
    } finally {
      done.abort();
      this.#rest();
    }
  }

  [Symbol.dispose](): void {
    this.#interface.close();
  }

  #listen(resolve: (said: Said) => void, done: AbortSignal): void {
    const lines: string[] = [];
    const listeners: Readonly<Record<string, (line: string) => void>> = {
      line: (line) => {
        if (lines.push(line) === 1) setImmediate(() => resolve({ text: lines.join('\n') }));
      },
      SIGINT: () => {
        Object.assign(this.#interface, { line: '', cursor: 0 }); // what was typed is given up
        this.#terminal.screen.write('\n');
        resolve('interrupt');
      },
      close: () => resolve('end'),
    };
    for (const [event, listener] of Object.entries(listeners)) {
      this.#interface.on(event, listener);
      done.addEventListener('abort', () => this.#interface.off(event, listener), { once: true });
    }
  }

  /** Leaves the terminal alone. */
  #rest(): void {
    if (this.#hasEnded) return;
    this.#interface.pause();
    this.#terminal.input.setRawMode(false);
  }
}
