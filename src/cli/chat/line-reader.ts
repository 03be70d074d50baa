import { createInterface, type Interface } from 'node:readline';

import type { Cli } from '../cli.ts';
import type { ChatHistory } from './history.ts';

/** What a reader of the terminal did: said something, interrupted, or left. */
export type Said = { readonly text: string } | 'interrupt' | 'end';

/** Begins a text of several lines, and ends it. */
const quotes = '"""';

/** Tells a terminal to say where pasted text begins and ends, and not to. */
const [pasteOn, pasteOff] = ['\u001B[?2004h', '\u001B[?2004l'];

/**
 * Asks for lines on the terminal, with editing and a history. Between two questions the terminal is
 * as the shell left it, so that Ctrl-C is a signal.
 */
export class LineReader implements Disposable {
  readonly #terminal: Pick<Cli, 'input' | 'screen'>;
  readonly #interface: Interface;
  readonly #prompt: string;
  #hasEnded = false;

  /** @param prompt - One character. */
  constructor(
    terminal: Pick<Cli, 'input' | 'screen'>,
    prompt: string,
    history: Pick<ChatHistory, 'latestFirst' | 'add'>,
  ) {
    const { input, screen: output } = terminal;
    this.#terminal = terminal;
    this.#prompt = prompt;
    this.#interface = createInterface({
      input,
      output,
      terminal: true,
      history: history.latestFirst,
      historySize: 1000,
      removeHistoryDuplicates: true,
    });
    this.#interface.once('close', () => (this.#hasEnded = true));
    this.#interface.on('history', ([latest = '']: readonly string[]) => history.add(latest));
    this.#rest();
  }

  /**
   * A line; or several: between two `"""`, pasted, or typed faster than anybody types. What is pasted is sent by Enter.
   * @throws The signal's reason.
   */
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
        this.#terminal.screen.write(pasteOn);
        this.#askFor(this.#prompt);
      });
    } finally {
      done.abort();
      this.#terminal.screen.write(pasteOff);
      this.#rest();
    }
  }

  [Symbol.dispose](): void {
    this.#interface.close();
  }

  #askFor(prompt: string): void {
    this.#interface.setPrompt(`${prompt} `);
    this.#interface.prompt();
  }

  #listen(resolve: (said: Said) => void, done: AbortSignal): void {
    const text = new TextOfLines();
    let isSending = false;
    const send = (): void => {
      if (text.isOpen) this.#askFor('…');
      else resolve({ text: text.said });
      isSending = false;
    };
    const keys = (_: unknown, { name }: { readonly name?: string }): void => {
      if (name === 'paste-start') text.isPasted = true;
      if (name === 'paste-end') text.isPasted = false;
    };
    this.#terminal.input.on('keypress', keys);
    done.addEventListener('abort', () => this.#terminal.input.off('keypress', keys));
    const listeners: Readonly<Record<string, (line: string) => void>> = {
      line: (line) => {
        text.add(line);
        if (text.isPasted) this.#askFor('…');
        else if (!isSending) setImmediate(send);
        isSending = !text.isPasted;
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

/** Lines on their way to be one text. */
class TextOfLines {
  readonly #lines: string[] = [];
  /** Whether what comes is pasted. */
  isPasted = false;

  add(line: string): void {
    this.#lines.push(line);
  }

  /** Whether its quotes are still to be closed. */
  get isOpen(): boolean {
    const text = this.#lines.join('\n');
    return text.startsWith(quotes) && !(text.length >= 6 && text.trimEnd().endsWith(quotes));
  }

  /** Without its quotes. */
  get said(): string {
    const text = this.#lines.join('\n');
    return text.startsWith(quotes) ? text.trimEnd().slice(3, -3) : text;
  }
}
