import { randomUUID } from 'node:crypto';

import type { Database, Session, SqlRow } from '../database.ts';
import { readPage, type Page } from '../sql/read-page.ts';
import type { FilePurpose, FileRecord } from './records.ts';

/** Bytes of all chunks but a file's last. */
const chunkBytes = 2 ** 18;

/** Milliseconds after which chunks that have no file are nobody's any more. */
const abandonedMs = 24 * 3600 * 1000;

/** A file that is being written: nobody sees it before it is whole. */
export interface FileWriter {
  readonly id: string;
  /** Bytes so far. */
  readonly bytes: number;
  write(data: Uint8Array): Promise<void>;
  /** Writes what is left of the last chunk. */
  flush(): Promise<void>;
  /** Takes what was written away again. */
  abandon(): Promise<void>;
}

/** What a file is called, what it is for, and how many milliseconds it is kept: `null` is until somebody deletes it. */
export interface NewFile {
  readonly filename: string;
  readonly purpose: FilePurpose;
  readonly keptMs: number | null;
}

/** Files that have expired and are taken away at once. */
const expiredAtOnce = 16;

/** Files, in chunks. */
export class SqlFileStore {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  begin(): FileWriter {
    const id = `file-${randomUUID()}`;
    const buffer = new Uint8Array(chunkBytes);
    let filled = 0;
    let position = 0;
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (filled === 0) return;
      const data = buffer.slice(0, filled);
      filled = 0;
      await this.#database.write(id, (session) =>
        session.run(
          'INSERT INTO file_chunks (file_id, position, data, written_at) VALUES (?, ?, ?, ?)',
          [id, position++, data, this.#now()],
        ),
      );
    };
    return {
      id,
      get bytes() {
        return bytes;
      },
      flush,
      async write(data) {
        for (let from = 0; from < data.length;) {
          const part = data.subarray(from, from + chunkBytes - filled);
          buffer.set(part, filled);
          filled += part.length;
          from += part.length;
          bytes += part.length;
          if (filled === chunkBytes) await flush();
        }
      },
      abandon: () => this.#deleteChunks(id),
    };
  }

  /** Lets a file be seen; within the work that refers to it, where there is one. */
  async publish(
    session: Session,
    owner: string,
    { id, bytes }: Pick<FileWriter, 'id' | 'bytes'>,
    { filename, purpose, keptMs }: NewFile,
  ): Promise<FileRecord> {
    const createdAt = this.#now();
    const expiresAt = keptMs === null ? null : createdAt + keptMs;
    await session.run(
      'INSERT INTO files (owner, id, filename, purpose, bytes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [owner, id, filename, purpose, bytes, createdAt, expiresAt],
    );
    return { id, owner, filename, purpose, bytes, createdAt, expiresAt };
  }

  find(owner: string, id: string): Promise<FileRecord | undefined> {
    return this.#database.read(async (session) => {
      const row = await session.get('SELECT * FROM files WHERE owner = ? AND id = ?', [owner, id]);
      return row === undefined ? undefined : toFileRecord(row);
    });
  }

  list(owner: string, page: Page, purpose?: string): Promise<FileRecord[]> {
    return this.#database.read(async (session) => {
      const part = purpose === undefined ? {} : { where: 'AND purpose = ?', values: [purpose] };
      return (await readPage(session, 'files', owner, page, part)).map(toFileRecord);
    });
  }

  /** How many files an owner has, and their bytes. */
  async usage(session: Session, owner: string): Promise<{ files: number; bytes: number }> {
    const sql =
      'SELECT count(*) AS files, COALESCE(sum(bytes), 0) AS bytes FROM files WHERE owner = ?';
    const row = (await session.get(sql, [owner]))!;
    return { files: Number(row['files']), bytes: Number(row['bytes']) };
  }

  /** Whether there was one. */
  async delete(owner: string, id: string): Promise<boolean> {
    const sql = 'DELETE FROM files WHERE owner = ? AND id = ?';
    const count = await this.#database.write(id, (session) => session.run(sql, [owner, id]));
    if (count === 0) return false;
    await this.#deleteChunks(id);
    await this.#database.forget();
    return true;
  }

  /** The bytes `from` to `to` of a file that is there, the last one included. */
  async *read(id: string, from: number, to: number): AsyncGenerator<Uint8Array, void> {
    const sql = 'SELECT data FROM file_chunks WHERE file_id = ? AND position = ?';
    for (let position = Math.floor(from / chunkBytes); position * chunkBytes <= to; position++) {
      const row = await this.#database.read((session) => session.get(sql, [id, position]));
      if (row === undefined) throw new Error(`The file ${id} was deleted while it was read.`);
      const start = position * chunkBytes;
      yield (row['data'] as Uint8Array).subarray(Math.max(0, from - start), to + 1 - start);
    }
  }

  /** Deletes files whose time is over. @returns How many. */
  async deleteExpired(): Promise<number> {
    const sql = 'SELECT owner, id FROM files WHERE expires_at <= ? ORDER BY expires_at LIMIT ?';
    for (let count = 0; ;) {
      const rows = await this.#database.read((session) =>
        session.all(sql, [this.#now(), expiredAtOnce]),
      );
      for (const { owner, id } of rows) {
        if (await this.delete(owner as string, id as string)) count += 1;
      }
      if (rows.length < expiredAtOnce) return count;
    }
  }

  /** Deletes chunks of files that were never whole. */
  async sweep(): Promise<void> {
    const before = this.#now() - (this.#database.isShared ? abandonedMs : 0);
    await this.#database.write('sweep', (session) =>
      session.run(
        'DELETE FROM file_chunks WHERE written_at < ? AND NOT EXISTS (SELECT 1 FROM files WHERE files.id = file_id)',
        [before],
      ),
    );
  }

  /** A few at a time: others wait meanwhile. */
  async #deleteChunks(id: string): Promise<void> {
    const sql = 'DELETE FROM file_chunks WHERE file_id = ? AND position >= ? AND position < ?';
    for (let first = 0; ; first += 64) {
      const values = [id, first, first + 64];
      if ((await this.#database.write(id, (session) => session.run(sql, values))) === 0) return;
    }
  }
}

function toFileRecord(row: SqlRow): FileRecord {
  return {
    id: row['id'] as string,
    owner: row['owner'] as string,
    filename: row['filename'] as string,
    purpose: row['purpose'] as FilePurpose,
    bytes: row['bytes'] as number,
    createdAt: row['created_at'] as number,
    expiresAt: row['expires_at'] as number | null,
  };
}
