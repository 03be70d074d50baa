import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';

import { InvalidOptionError, StoreError } from '../spec/index.ts';
import { readLines, type Line } from './lines.ts';

/**
 * Answers in a file of JSONL, to which others are appended. What was appended outlives a crash; a line that a crash has
 * torn is dropped. What is no file on a disk, such as `/dev/null`, is only written to.
 */
export class AnswerFile implements AsyncDisposable {
  /** The `custom_id` of every answer that it had. */
  readonly answered: ReadonlySet<string>;
  readonly #file: string;
  readonly #handle: FileHandle;
  /** Bytes that it has; `null` of what is no file on a disk. */
  #bytes: number | null;
  #pending: string[] = [];
  #flushing: Promise<void> = Promise.resolve();

  /** @throws InvalidOptionError for a file of something else; errors of the system. */
  static async open(file: string): Promise<AnswerFile> {
    const handle = await open(file, 'a');
    try {
      if (!(await handle.stat()).isFile()) return new AnswerFile(file, handle, new Set(), null);
      const { ids, bytes, isTorn } = await readAnswered(file);
      await handle.truncate(bytes);
      if (isTorn) await handle.appendFile('\n');
      return new AnswerFile(file, handle, ids, bytes + (isTorn ? 1 : 0));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  private constructor(
    file: string,
    handle: FileHandle,
    answered: ReadonlySet<string>,
    bytes: number | null,
  ) {
    this.#file = file;
    this.#handle = handle;
    this.answered = answered;
    this.#bytes = bytes;
  }

  /** Takes away what it had. */
  async clear(): Promise<void> {
    if (this.#bytes === null) return;
    await this.#handle.truncate(0);
    this.#bytes = 0;
  }

  /** Resolves once it is on disk. Those that come while others are written go together. @throws StoreError */
  append(line: string): Promise<void> {
    this.#pending.push(line);
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  /** A file that has nothing is taken away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing.catch(() => {}); // whoever appended has the error
    await this.#handle.close();
    if (this.#bytes === 0) await rm(this.#file, { force: true });
  }

  async #flush(): Promise<void> {
    const lines = this.#pending;
    if (lines.length === 0) return;
    this.#pending = [];
    const data = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    try {
      if (this.#bytes === null) return await this.#handle.appendFile(data);
      await this.#requireAlone(this.#bytes);
      await this.#handle.appendFile(data);
      this.#bytes += data.length;
      await this.#handle.datasync();
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new StoreError(
        code === 'ENOSPC' ? 'full' : 'other',
        `${this.#file} cannot be written: ${message}. What it holds is kept: make that possible and run again.`,
        { cause },
      );
    }
  }

  /** Two that write to one file would answer everything twice. */
  async #requireAlone(bytes: number): Promise<void> {
    if ((await this.#handle.stat()).size === bytes) return;
    throw new StoreError(
      'other',
      `Another process writes to ${this.#file}: end it, and run this again.`,
    );
  }
}

interface Answered {
  readonly ids: ReadonlySet<string>;
  /** Bytes of the lines that are whole. */
  readonly bytes: number;
  /** Whether the last of them lacks its end. */
  readonly isTorn: boolean;
}

const newline = 0x0a;

async function readAnswered(file: string): Promise<Answered> {
  let length = 0;
  let ended = 0;
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(newline);
      if (end !== -1) ended = length + end + 1;
      length += chunk.length;
      yield chunk;
    }
  }
  const ids = new Set<string>();
  let damaged: Line | undefined;
  let last = 0;
  for await (const line of readLines(chunks(), Infinity)) {
    last = line.number;
    const id = idOf(line);
    if (id === undefined) damaged ??= line;
    else ids.add(id);
  }
  if (damaged === undefined) return { ids, bytes: length, isTorn: length > ended };
  const isTornOff = damaged.number === last && length > ended;
  if (!isTornOff) throw noAnswers(file, damaged);
  return { ids, bytes: ended, isTorn: false };
}

/** What an answer is of; `undefined` for what is none. */
function idOf({ text }: Line): string | undefined {
  try {
    const value = JSON.parse(text ?? '') as Record<string, unknown> | null;
    const isAnswer = typeof value?.['custom_id'] === 'string' && 'response' in value;
    return isAnswer ? (value['custom_id'] as string) : undefined;
  } catch {
    return undefined;
  }
}

function noAnswers(file: string, { number }: Line): InvalidOptionError {
  return new InvalidOptionError(
    'output',
    `${file} has no answer in line ${number}: give another file, or take that line out of it.`,
  );
}
