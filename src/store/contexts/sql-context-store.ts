import { createHash, randomUUID } from 'node:crypto';

import { StoreError } from '../../spec/index.ts';
import { readPage, type Page } from '../sql/read-page.ts';
import type { Database, Session, SqlRow } from '../database.ts';
import type {
  ContextEntry,
  ContextProduct,
  ContextRecord,
  ContextUse,
  ContextUseChange,
  NewContextRecord,
  ProductKind,
} from './records.ts';

const useColumns = [
  'asks',
  'hits',
  'drafted',
  'accepted',
  'tokens',
  'passes',
  'spent',
] as const satisfies readonly (keyof ContextUse)[];

/** Of a list: texts are long. */
const entryColumns = `owner, id, key, recipe, hash, characters, created_at, ${useColumns.join(', ')}`;

/** Contexts of all owners, and what was made for them. */
export class SqlContextStore {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = () => Math.trunc(now());
  }

  /** What messages call the database. */
  get name(): string {
    return this.#database.name;
  }

  /** A write of one owner: others of theirs wait, so that what is counted in it stays true. */
  ofOwner<Value>(owner: string, work: (session: Session) => Promise<Value>): Promise<Value> {
    return this.#database.write(`owner ${owner}`, work);
  }

  /** How many contexts an owner has, and characters of all their texts. */
  async usage(session: Session, owner: string): Promise<{ contexts: number; characters: number }> {
    const sql =
      'SELECT count(*) AS contexts, COALESCE(sum(characters), 0) AS characters FROM contexts WHERE owner = ?';
    const row = (await session.get(sql, [owner]))!;
    return { contexts: Number(row['contexts']), characters: Number(row['characters']) };
  }

  async exists(session: Session, owner: string, id: string): Promise<boolean> {
    const sql = 'SELECT 1 AS one FROM contexts WHERE owner = ? AND id = ?';
    return (await session.get(sql, [owner, id])) !== undefined;
  }

  /** Keeps one whose id the owner does not have. */
  async create(session: Session, owner: string, given: NewContextRecord): Promise<ContextRecord> {
    const { id, recipe, text, questions } = given;
    const [key, hash, createdAt] = [randomUUID(), hashOf(text), this.#now()];
    await session.run(
      `INSERT INTO contexts (owner, id, key, recipe, text, hash, characters, questions, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [owner, id, key, recipe, text, hash, text.length, JSON.stringify(questions), createdAt],
    );
    return (await this.#find(session, owner, id))!;
  }

  /** @throws StoreError if its text is not as it was written. */
  find(owner: string, id: string): Promise<ContextRecord | undefined> {
    return this.#database.read((session) => this.#find(session, owner, id));
  }

  list(owner: string, page: Page): Promise<ContextEntry[]> {
    return this.#database.read(async (session) => {
      const rows = await readPage(session, 'contexts', owner, page, { columns: entryColumns });
      return rows.map(toEntry);
    });
  }

  /** Those of all owners, the oldest first: for whoever prepares them. */
  all(): Promise<ContextEntry[]> {
    const sql = `SELECT ${entryColumns} FROM contexts ORDER BY created_at, key`;
    return this.#database.read(async (session) => (await session.all(sql)).map(toEntry));
  }

  /** Takes every trace of it from the database. @returns Its key; `undefined` where the owner has none of this id. */
  async delete(owner: string, id: string): Promise<string | undefined> {
    const key = await this.ofOwner(owner, async (session) => {
      const where = 'WHERE owner = ? AND id = ?';
      const row = await session.get(`SELECT key FROM contexts ${where}`, [owner, id]);
      if (row === undefined) return undefined;
      await session.run('DELETE FROM context_products WHERE context_key = ?', [row['key']!]);
      await session.run(`DELETE FROM contexts ${where}`, [owner, id]);
      return row['key'] as string;
    });
    if (key !== undefined) await this.#database.forget();
    return key;
  }

  /** Adds to what is known of its use; nothing where it was deleted meanwhile. */
  async count(key: string, change: ContextUseChange): Promise<void> {
    await this.#database.write(`context ${key}`, (session) => addUse(session, key, change));
  }

  /**
   * Keeps what was made for a context, and counts what it took, in one write. Who was first keeps it, and what is made for a
   * context that was deleted meanwhile is nothing.
   */
  async addProduct(key: string, product: Omit<ContextProduct, 'createdAt'>): Promise<void> {
    const { kind, position, recipeHash, passes, content } = product;
    await this.#database.write(`context ${key}`, async (session) => {
      const there = await session.get('SELECT 1 AS one FROM contexts WHERE key = ?', [key]);
      if (there === undefined) return;
      await session.run(
        `INSERT INTO context_products (context_key, kind, position, recipe_hash, passes, created_at, content)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        [key, kind, position, recipeHash, passes, this.#now(), JSON.stringify(content)],
      );
      await addUse(session, key, { spent: passes });
    });
  }

  /** What there is for a context, of one recipe or of any, in its order. */
  products(key: string, recipeHash?: string): Promise<ContextProduct[]> {
    const [where, values] =
      recipeHash === undefined ? ['', []] : ['AND recipe_hash = ?', [recipeHash]];
    const sql = `SELECT * FROM context_products WHERE context_key = ? ${where} ORDER BY kind, position, created_at`;
    return this.#database.read(async (session) =>
      (await session.all(sql, [key, ...values])).map(toProduct),
    );
  }

  /** Takes what other recipes made. */
  async dropOthers(key: string, recipeHash: string): Promise<void> {
    const sql = 'DELETE FROM context_products WHERE context_key = ? AND recipe_hash <> ?';
    await this.#database.write(`context ${key}`, (session) => session.run(sql, [key, recipeHash]));
  }

  /**
   * What is known of how well an owner's questions were foreseen: prepared answers of contexts that were asked
   * something, and hits among what was asked.
   */
  foresight(owner: string): Promise<{ readonly answers: number; readonly hits: number }> {
    const asked = 'FROM contexts c WHERE c.owner = ? AND c.asks > 0';
    return this.#database.read(async (session) => {
      const answers = await session.get(
        `SELECT count(*) AS count FROM context_products p JOIN contexts c ON c.key = p.context_key
         WHERE c.owner = ? AND c.asks > 0 AND p.kind = 'answer'`,
        [owner],
      );
      const hits = await session.get(`SELECT COALESCE(sum(c.hits), 0) AS hits ${asked}`, [owner]);
      return { answers: Number(answers!['count']), hits: Number(hits!['hits']) };
    });
  }

  async #find(session: Session, owner: string, id: string): Promise<ContextRecord | undefined> {
    const sql = 'SELECT * FROM contexts WHERE owner = ? AND id = ?';
    const row = await session.get(sql, [owner, id]);
    if (row === undefined) return undefined;
    const text = row['text'] as string;
    if (hashOf(text) !== row['hash']) {
      throw new StoreError(
        'corrupt',
        `The context ${id} in ${this.name} is damaged: its text is not the one that was stored. Delete it, and store it again.`,
      );
    }
    const { characters: _, ...entry } = toEntry(row);
    return { ...entry, text, questions: JSON.parse(row['questions'] as string) as string[] };
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function addUse(session: Session, key: string, change: ContextUseChange): Promise<void> {
  const given = useColumns.filter((column) => (change[column] ?? 0) !== 0);
  if (given.length === 0) return;
  const sums = given.map((column) => `${column} = ${column} + ?`).join(', ');
  const values = given.map((column) => change[column]!);
  await session.run(`UPDATE contexts SET ${sums} WHERE key = ?`, [...values, key]);
}

function toEntry(row: SqlRow): ContextEntry {
  const use = Object.fromEntries(useColumns.map((column) => [column, Number(row[column])]));
  return {
    owner: row['owner'] as string,
    id: row['id'] as string,
    key: row['key'] as string,
    recipe: row['recipe'] as string,
    hash: row['hash'] as string,
    characters: Number(row['characters']),
    createdAt: Number(row['created_at']),
    use: use as unknown as ContextUse,
  };
}

function toProduct(row: SqlRow): ContextProduct {
  return {
    kind: row['kind'] as ProductKind,
    position: Number(row['position']),
    recipeHash: row['recipe_hash'] as string,
    passes: Number(row['passes']),
    createdAt: Number(row['created_at']),
    content: JSON.parse(row['content'] as string),
  };
}
