import { randomUUID } from 'node:crypto';

import type { Database, Session, SqlRow } from '../database.ts';
import type {
  BatchContent,
  BatchEnd,
  BatchFault,
  BatchRecord,
  BatchStatus,
  ItemCounts,
  ItemLease,
  SettledItem,
  NewBatch,
  NewItem,
  OpenCounts,
} from './records.ts';
import { readPage, type Page } from '../sql/read-page.ts';
import { SqlFileStore, type FileWriter } from './sql-file-store.ts';

/** What tells a lease from all others. */
type LeaseKey = 'batchId' | 'position' | 'worker' | 'attempt';

/** All works that give leases or take them come one after the other. */
const leasing = 'leasing';

const openStates = `('validating', 'in_progress', 'cancelling', 'finalizing')`;

/** Batches, their items, and the workers that answer them. */
export class SqlBatchStore {
  readonly files: SqlFileStore;
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = () => Math.trunc(now());
    this.files = new SqlFileStore(database, this.#now);
  }

  /** Whether other processes may work on the same batches. */
  get isShared(): boolean {
    return this.#database.isShared;
  }

  /** A write of one owner: others of theirs wait, so that what is counted in it stays true. */
  ofOwner<Value>(owner: string, work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.#database.write(`owner ${owner}`, work);
  }

  async countOpen(session: Session, owner: string): Promise<number> {
    const sql = `SELECT count(*) AS count FROM batches WHERE owner = ? AND status IN ${openStates}`;
    return Number((await session.get(sql, [owner]))!['count']);
  }

  async create(session: Session, owner: string, batch: NewBatch): Promise<BatchRecord> {
    const { expiresAt, ...given } = batch;
    const id = `batch_${randomUUID()}`;
    const now = this.#now();
    const content: BatchContent = {
      ...given,
      times: { validating: now },
      faults: [],
      outputFileId: null,
      errorFileId: null,
      counts: null,
      ending: null,
    };
    await session.run(
      'INSERT INTO batches (owner, id, status, worker, created_at, expires_at, content) VALUES (?, ?, ?, NULL, ?, ?, ?)',
      [owner, id, 'validating', now, expiresAt, JSON.stringify(content)],
    );
    return this.#record(session, id);
  }

  find(owner: string, id: string): Promise<BatchRecord | undefined> {
    return this.#database.read(async (session) => {
      const row = await readOwned(session, owner, id);
      return row === undefined ? undefined : this.#toRecord(session, row);
    });
  }

  list(owner: string, page: Page): Promise<BatchRecord[]> {
    return this.#database.read(async (session) => {
      const records: BatchRecord[] = [];
      for (const row of await readPage(session, 'batches', owner, page)) {
        records.push(await this.#toRecord(session, row));
      }
      return records;
    });
  }

  /** Begins to cancel it, if it goes on. `undefined`: the owner has none of this id. */
  cancel(owner: string, id: string): Promise<BatchRecord | undefined> {
    return this.#database.write(leasing, async (session) => {
      const row = await readOwned(session, owner, id);
      if (row === undefined) return undefined;
      if (row['status'] === 'validating' || row['status'] === 'in_progress') {
        // Whoever validates it finds that it is theirs no more.
        await this.#move(session, row, 'cancelling', { ending: 'cancelled' });
        await this.#freeItems(session, id);
      }
      return this.#record(session, id);
    });
  }

  /** Of all owners. */
  countAllOpen(): Promise<OpenCounts> {
    return this.#database.read(async (session) => {
      const count = async (sql: string) => Number((await session.get(sql, []))!['count']);
      return {
        batches: await count(`SELECT count(*) AS count FROM batches WHERE status IN ${openStates}`),
        items: await count(
          `SELECT count(*) AS count FROM batch_items WHERE state = 'waiting' AND batch_id IN (
             SELECT id FROM batches WHERE status IN ${openStates}
           )`,
        ),
      };
    });
  }

  /** Deletes batches that ended so long ago, and files whose time is over. Whoever else does so is in nobody's way. */
  async deleteExpired(keptMs: number): Promise<void> {
    const sql = 'DELETE FROM batches WHERE ended_at <= ?';
    const before = this.#now() - keptMs;
    await this.#database.write(leasing, (session) => session.run(sql, [before]));
    await this.files.deleteExpired();
  }

  // Workers.

  async join(): Promise<string> {
    const id = randomUUID();
    await this.#database.write(leasing, (session) =>
      session.run('INSERT INTO workers (id, beats) VALUES (?, 0)', [id]),
    );
    return id;
  }

  /** Says that it lives. @returns All workers; `undefined` if it is none of them any more. */
  beat(worker: string): Promise<ReadonlyMap<string, number> | undefined> {
    return this.#database.write(`worker ${worker}`, async (session) => {
      const sql = 'UPDATE workers SET beats = beats + 1 WHERE id = ?';
      if ((await session.run(sql, [worker])) === 0) return undefined;
      const rows = await session.all('SELECT id, beats FROM workers');
      return new Map(rows.map(({ id, beats }) => [id as string, beats as number]));
    });
  }

  /** Takes all from a worker that has not said more than that since; others may have it. */
  dismiss(worker: string, beats?: number): Promise<boolean> {
    return this.#database.write(leasing, async (session) => {
      const [where, values] = beats === undefined ? ['', []] : ['AND beats = ?', [beats]];
      const sql = `DELETE FROM workers WHERE id = ? ${where}`;
      if ((await session.run(sql, [worker, ...values])) === 0) return false;
      await session.run('UPDATE batch_items SET worker = NULL WHERE worker = ?', [worker]);
      await session.run('UPDATE batches SET worker = NULL WHERE worker = ?', [worker]);
      return true;
    });
  }

  // Items.

  /** Leases the next item to a worker: of the owner who has the fewest leased ones, of their oldest batch. */
  lease(worker: string): Promise<ItemLease | undefined> {
    return this.#database.write(leasing, async (session) => {
      if (!(await isWorker(session, worker))) return undefined;
      const batch = await session.get(
        `SELECT b.* FROM batches b
         LEFT JOIN (
           SELECT o.owner AS of, count(*) AS leased FROM batch_items i JOIN batches o ON o.id = i.batch_id
           WHERE i.worker IS NOT NULL GROUP BY o.owner
         ) l ON l.of = b.owner
         WHERE b.status = 'in_progress' AND b.expires_at > ? AND EXISTS (
           SELECT 1 FROM batch_items i WHERE i.batch_id = b.id AND i.state = 'waiting' AND i.worker IS NULL
         )
         ORDER BY COALESCE(l.leased, 0), b.created_at, b.id LIMIT 1`,
        [this.#now()],
      );
      if (batch === undefined) return undefined;
      const batchId = batch['id'] as string;
      // Those that were tried before come last: one that ends its worker keeps no other from it.
      const item = (await session.get(
        `SELECT * FROM batch_items WHERE batch_id = ? AND state = 'waiting' AND worker IS NULL
         ORDER BY attempt, position LIMIT 1`,
        [batchId],
      ))!;
      const attempt = (item['attempt'] as number) + 1;
      const position = item['position'] as number;
      await session.run(
        'UPDATE batch_items SET worker = ?, attempt = ? WHERE batch_id = ? AND position = ?',
        [worker, attempt, batchId, position],
      );
      return {
        owner: batch['owner'] as string,
        batchId,
        endpoint: contentOf(batch).endpoint,
        position,
        customId: item['custom_id'] as string,
        request: item['request'] as string,
        worker,
        attempt,
        expiresAt: batch['expires_at'] as number,
      };
    });
  }

  /** Keeps an answer, once. @returns Whether the item was still this lease's. */
  async settle(lease: ItemLease, { isError, line }: SettledItem): Promise<boolean> {
    const { batchId, position, worker, attempt } = lease;
    const count = await this.#database.write(`item ${batchId} ${position}`, (session) =>
      session.run(
        `UPDATE batch_items SET state = ?, result = ?, worker = NULL
         WHERE batch_id = ? AND position = ? AND worker = ? AND attempt = ? AND state = 'waiting'`,
        [isError ? 'failed' : 'succeeded', line, batchId, position, worker, attempt],
      ),
    );
    return count === 1;
  }

  /** Puts an item back. @param forgets - As if it had not been leased. */
  async release(lease: Pick<ItemLease, LeaseKey>, forgets: boolean): Promise<void> {
    const { batchId, position, worker, attempt } = lease;
    await this.#database.write(leasing, (session) =>
      session.run(
        'UPDATE batch_items SET worker = NULL, attempt = ? WHERE batch_id = ? AND position = ? AND worker = ? AND attempt = ?',
        [attempt - (forgets ? 1 : 0), batchId, position, worker, attempt],
      ),
    );
  }

  /** Which items a worker has. */
  leasedTo(worker: string): Promise<Pick<ItemLease, LeaseKey>[]> {
    const sql = 'SELECT batch_id, position, attempt FROM batch_items WHERE worker = ?';
    return this.#database.read(async (session) =>
      (await session.all(sql, [worker])).map((row) => ({
        batchId: row['batch_id'] as string,
        position: row['position'] as number,
        attempt: row['attempt'] as number,
        worker,
      })),
    );
  }

  // What is done for a batch as a whole, by one worker at a time.

  /** Takes a batch of which something is to be done: to be validated, or to be ended. */
  takeDuty(worker: string): Promise<BatchRecord | undefined> {
    return this.#database.write(leasing, async (session) => {
      if (!(await isWorker(session, worker))) return undefined;
      const now = this.#now();
      const row = await session.get(
        `SELECT * FROM batches b WHERE worker IS NULL AND (
           status IN ('validating', 'cancelling', 'finalizing') OR (status = 'in_progress' AND (
             expires_at <= ? OR NOT EXISTS (
               SELECT 1 FROM batch_items i WHERE i.batch_id = b.id AND i.state = 'waiting'
             )
           ))
         ) ORDER BY created_at, id LIMIT 1`,
        [now],
      );
      if (row === undefined) return undefined;
      const id = row['id'] as string;
      if (row['status'] === 'in_progress') {
        const waiting = await this.#freeItems(session, id);
        const ending: BatchEnd = waiting === 0 ? 'completed' : 'expired';
        await this.#move(session, row, 'finalizing', { ending });
      } else if (row['status'] === 'validating' && (row['expires_at'] as number) <= now) {
        await this.#move(session, row, 'finalizing', { ending: 'expired' });
      }
      await session.run('UPDATE batches SET worker = ? WHERE id = ?', [worker, id]);
      return this.#record(session, id);
    });
  }

  /** Gives up a duty: others may have it. */
  async leaveDuty(worker: string, id: string): Promise<void> {
    await this.#database.write(leasing, (session) =>
      session.run('UPDATE batches SET worker = NULL WHERE id = ? AND worker = ?', [id, worker]),
    );
  }

  /** Takes what a worker that was lost had validated. */
  async clearItems(worker: string, id: string): Promise<void> {
    await this.#ofDuty(worker, id, (session) =>
      session.run('DELETE FROM batch_items WHERE batch_id = ?', [id]),
    );
  }

  /** @throws {@link DutyLost} */
  async addItems(
    worker: string,
    id: string,
    first: number,
    items: readonly NewItem[],
  ): Promise<void> {
    await this.#ofDuty(worker, id, async (session) => {
      for (const [i, { customId, request }] of items.entries()) {
        await session.run(
          `INSERT INTO batch_items (batch_id, position, custom_id, request, state, worker, attempt, result)
           VALUES (?, ?, ?, ?, 'waiting', NULL, 0, NULL)`,
          [id, first + i, customId, request],
        );
      }
    });
  }

  /** Lets its items be answered. @throws {@link DutyLost} */
  async begin(worker: string, id: string): Promise<void> {
    await this.#ofDuty(worker, id, (session, row) => this.#move(session, row, 'in_progress', {}));
  }

  /** Ends a batch whose file is no batch. @throws {@link DutyLost} */
  async fail(worker: string, id: string, faults: readonly BatchFault[]): Promise<void> {
    await this.#ofDuty(worker, id, async (session, row) => {
      await session.run('DELETE FROM batch_items WHERE batch_id = ?', [id]);
      const counts = { total: 0, completed: 0, failed: 0 };
      await this.#move(session, row, 'failed', { faults, counts });
    });
  }

  /** Its items in their order, a page of them. */
  async items(
    id: string,
    from: number,
    limit: number,
  ): Promise<{ position: number; customId: string; state: string; line: string | null }[]> {
    const sql =
      'SELECT position, custom_id, state, result FROM batch_items WHERE batch_id = ? AND position >= ? ORDER BY position LIMIT ?';
    const rows = await this.#database.read((session) => session.all(sql, [id, from, limit]));
    return rows.map((row) => ({
      position: row['position'] as number,
      customId: row['custom_id'] as string,
      state: row['state'] as string,
      line: row['result'] as string | null,
    }));
  }

  /** Ends a batch, and shows its files, all at once. @throws {@link DutyLost} */
  async end(
    worker: string,
    id: string,
    files: { readonly output: FileWriter | null; readonly errors: FileWriter | null },
    counts: ItemCounts,
  ): Promise<void> {
    await this.#ofDuty(worker, id, async (session, row) => {
      const owner = row['owner'] as string;
      const named = [
        [files.output, `${id}_output.jsonl`],
        [files.errors, `${id}_error.jsonl`],
      ] as const;
      for (const [writer, filename] of named) {
        if (writer === null) continue;
        const keptMs = contentOf(row).outputKeptMs ?? null; // earlier batches say nothing
        const file = { filename, purpose: 'batch_output', keptMs } as const;
        await this.files.publish(session, owner, writer, file);
      }
      await session.run('DELETE FROM batch_items WHERE batch_id = ?', [id]);
      await this.#move(session, row, contentOf(row).ending ?? 'completed', {
        outputFileId: files.output?.id ?? null,
        errorFileId: files.errors?.id ?? null,
        counts,
      });
    });
  }

  async #ofDuty<Value>(
    worker: string,
    id: string,
    work: (session: Session, row: SqlRow) => Promise<Value>,
  ): Promise<Value> {
    return this.#database.write(leasing, async (session) => {
      const row = await readBatch(session, id);
      if (row?.['worker'] !== worker) throw new DutyLost();
      return work(session, row);
    });
  }

  /** Nobody answers its items any more. @returns How many wait. */
  async #freeItems(session: Session, id: string): Promise<number> {
    const where = `batch_id = ? AND state = 'waiting'`;
    await session.run(`UPDATE batch_items SET worker = NULL WHERE ${where}`, [id]);
    const sql = `SELECT count(*) AS count FROM batch_items WHERE ${where}`;
    return Number((await session.get(sql, [id]))!['count']);
  }

  /** To another state, and out of the hands of whoever had it. */
  async #move(
    session: Session,
    row: SqlRow,
    status: BatchStatus,
    change: Partial<BatchContent>,
  ): Promise<void> {
    const content = contentOf(row);
    const times = { ...content.times, [status]: this.#now() };
    const text = JSON.stringify({ ...content, ...change, times });
    const endedAt = isEnd(status) ? this.#now() : null;
    const sql =
      'UPDATE batches SET status = ?, content = ?, ended_at = ?, worker = NULL WHERE id = ?';
    await session.run(sql, [status, text, endedAt, row['id']!]);
  }

  async #record(session: Session, id: string): Promise<BatchRecord> {
    return this.#toRecord(session, (await readBatch(session, id))!);
  }

  async #toRecord(session: Session, row: SqlRow): Promise<BatchRecord> {
    const { ending: _, counts, ...content } = contentOf(row);
    const id = row['id'] as string;
    return {
      id,
      owner: row['owner'] as string,
      status: row['status'] as BatchStatus,
      createdAt: row['created_at'] as number,
      expiresAt: row['expires_at'] as number,
      ...content,
      counts: counts ?? (await countItems(session, id)),
    };
  }
}

/** A batch is another worker's now, or was cancelled. */
export class DutyLost extends Error {
  constructor() {
    super('The batch is no longer this worker’s.');
  }
}

const ends: ReadonlySet<BatchStatus> = new Set<BatchEnd>([
  'completed',
  'failed',
  'expired',
  'cancelled',
]);

function isEnd(status: BatchStatus): boolean {
  return ends.has(status);
}

function readBatch(session: Session, id: string): Promise<SqlRow | undefined> {
  return session.get('SELECT * FROM batches WHERE id = ?', [id]);
}

function readOwned(session: Session, owner: string, id: string): Promise<SqlRow | undefined> {
  return session.get('SELECT * FROM batches WHERE owner = ? AND id = ?', [owner, id]);
}

async function isWorker(session: Session, worker: string): Promise<boolean> {
  return (await session.get('SELECT 1 AS one FROM workers WHERE id = ?', [worker])) !== undefined;
}

async function countItems(session: Session, id: string): Promise<ItemCounts> {
  const sql = 'SELECT state, count(*) AS count FROM batch_items WHERE batch_id = ? GROUP BY state';
  const rows = await session.all(sql, [id]);
  const of = (state: string) => Number(rows.find((row) => row['state'] === state)?.['count'] ?? 0);
  const [waiting, completed, failed] = [of('waiting'), of('succeeded'), of('failed')];
  return { total: waiting + completed + failed, completed, failed };
}

function contentOf(row: SqlRow): BatchContent {
  return JSON.parse(row['content'] as string) as BatchContent;
}
