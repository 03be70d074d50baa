import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

import { until } from './until.ts';

const program = 'tmux';

/** Whether there is a terminal multiplexer, in which programs have a real terminal. */
export const hasTmux = spawnSync(program, ['-V']).status === 0;

/** Whoever sits at a terminal of 80 columns and 30 rows. */
export class TmuxTerminal implements AsyncDisposable {
  readonly #socket: string;

  /** @param words - The program that runs in it, and its arguments. */
  static async open(
    words: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<TmuxTerminal> {
    const terminal = new TmuxTerminal(`trimtab-${process.pid}-${randomUUID()}`);
    const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
    const command = [...variables, ...words.map(quote), '; echo "left with $?"; cat'].join(' ');
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '30', command);
    return terminal;
  }

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Types a line, and waits until the screen shows what follows. @returns The screen. */
  async say(line: string, shown: RegExp): Promise<string> {
    await this.type(line);
    await this.press('Enter');
    return this.see(shown);
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text);
  }

  /** @param keys - Their names: `Enter`, `C-c`, `Up`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  /** Pastes a text, as a terminal that says so. */
  async paste(text: string): Promise<void> {
    await this.#tmux('set-buffer', text);
    await this.#tmux('paste-buffer', '-p');
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Waits until the screen matches. @returns What it shows, without the spaces behind its lines. */
  async see(shown: RegExp): Promise<string> {
    let screen = '';
    await until(async () => {
      screen = (await this.#tmux('capture-pane', '-p')).trimEnd();
      return shown.test(screen);
    });
    return screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => {}); // it may have ended
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(program, ['-L', this.#socket, ...args]);
    return stdout;
  }
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
