import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { createFolder, ownerOnly } from '../../files/index.ts';

/** Lines that are kept; a file of twice as many is cut to them. */
const most = 1000;

/** What was typed in chats, kept in a file that its owner alone can read. Where it cannot be kept, chats go on without. */
export class ChatHistory {
  readonly #file: string | undefined;
  readonly #lines: readonly string[];

  /** @param file - `undefined`: nothing is kept. */
  static open(file: string | undefined): ChatHistory {
    if (file === undefined) return new ChatHistory(undefined, []);
    try {
      const lines = readLines(file);
      if (lines.length > 2 * most) writeFileSync(file, toText(lines.slice(-most)));
      return new ChatHistory(file, lines.slice(-most));
    } catch {
      return new ChatHistory(undefined, []); // a file that is none, or that nobody may read
    }
  }

  private constructor(file: string | undefined, lines: readonly string[]) {
    this.#file = file;
    this.#lines = lines;
  }

  /** The latest first, as a reader of lines wants them. */
  get latestFirst(): string[] {
    return this.#lines.toReversed();
  }

  add(line: string): void {
    if (this.#file === undefined || line.trim() === '') return;
    try {
      createFolder(path.dirname(this.#file), ownerOnly);
      appendFileSync(this.#file, toText([line]), { mode: 0o600 });
    } catch {
      // It is a convenience: what is said is not lost by it.
    }
  }
}

/** Oldest first; none where there is no file yet. */
function readLines(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').filter((line) => line !== '');
}

const toText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
