import { createHash } from 'node:crypto';

import type { z } from 'zod';

import type { Session, SqlRow, SqlValue } from '../database.ts';

/** A table whose rows are key columns, content as JSON, and a checksum over both. */
export interface Table<Content> {
  readonly name: string;
  readonly keys: readonly string[];
  readonly content: z.ZodType<Content>;
}

/** Column values of a key, by column. */
export type RowKey = Readonly<Record<string, string | number>>;

/** A row that is as it was written. */
export interface SoundRow<Content> {
  readonly key: RowKey;
  readonly content: Content;
}

export async function insertRow<Content>(
  session: Session,
  table: Table<Content>,
  key: RowKey,
  content: Content,
): Promise<void> {
  const columns = [...table.keys, 'content', 'checksum'];
  const text = JSON.stringify(content);
  await session.run(
    `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    [...table.keys.map((column) => key[column]!), text, checksumOf(table, key, text)],
  );
}

/** Writes a row in place of the one whose key was `key`. */
export async function updateRow<Content>(
  session: Session,
  table: Table<Content>,
  key: RowKey,
  { key: newKey, content }: SoundRow<Content>,
): Promise<void> {
  const columns = [...table.keys, 'content', 'checksum'];
  const text = JSON.stringify(content);
  await session.run(
    `UPDATE ${table.name} SET ${columns.map((column) => `${column} = ?`).join(', ')} ` +
      `WHERE ${table.keys.map((column) => `${column} = ?`).join(' AND ')}`,
    [
      ...table.keys.map((column) => newKey[column]!),
      text,
      checksumOf(table, newKey, text),
      ...table.keys.map((column) => key[column]!),
    ],
  );
}

/** The row, or what is wrong with it. */
export function readRow<Content>(table: Table<Content>, row: SqlRow): SoundRow<Content> | string {
  const text = row['content'];
  if (typeof text !== 'string') return 'its content is no text';
  if (row['checksum'] !== checksumOf(table, row, text)) return 'its checksum does not match';
  const parsed = table.content.safeParse(JSON.parse(text));
  if (!parsed.success) return `its content has another shape: ${parsed.error.issues[0]!.message}`;
  const key = Object.fromEntries(table.keys.map((column) => [column, row[column]!])) as RowKey;
  return { key, content: parsed.data };
}

function checksumOf(table: Table<unknown>, key: SqlRow, text: string): string {
  const values: SqlValue[] = table.keys.map((column) => key[column] ?? null);
  const hash = createHash('sha256').update(JSON.stringify([table.name, ...values, text]));
  return hash.digest('hex').slice(0, 32);
}
