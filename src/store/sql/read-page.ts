import type { Session, SqlRow, SqlValue } from '../database.ts';

/** Which part of a list, in the order of creation. */
export interface Page {
  /** The id that comes before it. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
}

/** What of the rows is wanted, in SQL. */
export interface PagePart {
  readonly columns?: string;
  readonly where?: string;
  readonly values?: readonly SqlValue[];
}

/** Rows of an owner in the order of their creation. */
export async function readPage(
  session: Session,
  table: 'files' | 'batches' | 'contexts',
  owner: string,
  { after, limit, order }: Page,
  { columns = '*', where = '', values = [] }: PagePart = {},
): Promise<SqlRow[]> {
  const anchor =
    after === undefined
      ? undefined
      : await session.get(`SELECT created_at, id FROM ${table} WHERE owner = ? AND id = ?`, [
          owner,
          after,
        ]);
  if (after !== undefined && anchor === undefined) return [];
  const sign = order === 'asc' ? '>' : '<';
  const from = anchor === undefined ? '' : `AND (created_at, id) ${sign} (?, ?)`;
  return session.all(
    `SELECT ${columns} FROM ${table} WHERE owner = ? ${where} ${from} ORDER BY created_at ${order}, id ${order} LIMIT ?`,
    [
      owner,
      ...values,
      ...(anchor === undefined ? [] : [anchor['created_at']!, anchor['id']!]),
      limit,
    ],
  );
}
