import { setImmediate } from 'node:timers/promises';

import { InvalidOptionError, ProfileNotFoundError, StoreError } from '../../spec/index.ts';
import type { AnswerRecord, ProfileRecord } from '../records.ts';
import type { SqliteDatabase, SqlRow, SqlValue } from './database.ts';
import { storeError } from './failure.ts';
import type { SoundRow, Table } from './rows.ts';
import { findProfileSetAside, soundRows } from './set-aside.ts';
import {
  answers,
  bases,
  profiles,
  questions,
  type ProfileContent,
  type QuestionContent,
} from './tables.ts';
import { toAnswerRecord, toProfileRecord } from './to-record.ts';

/** Rows that `readAll` reads before others have their turn. */
const readAtOnce = 256;

/** Reads rows, and sets damaged ones aside, which is a write of its own: not inside a transaction. */
export class RowReader {
  readonly #database: SqliteDatabase;
  readonly #now: () => number;

  constructor(database: SqliteDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Those of a table's rows that are sound. */
  rows<Content>(
    table: Table<Content>,
    where: string,
    values: readonly SqlValue[] = [],
  ): SoundRow<Content>[] {
    const sql = `SELECT rowid, * FROM ${table.name} WHERE ${where}`;
    return this.#sound(table, this.#database.all(sql, values));
  }

  /** Those of them that belong to a profile. */
  rowsOf<Content>(
    table: Table<Content>,
    { key }: SoundRow<ProfileContent>,
    where = 'TRUE',
    values: readonly SqlValue[] = [],
  ): SoundRow<Content>[] {
    const ofProfile = `owner = ? AND profile_id = ? AND ${where}`;
    return this.rows(table, ofProfile, [key['owner']!, key['id']!, ...values]);
  }

  /** @throws ProfileNotFoundError, or StoreError if it was set aside, just now or before. */
  profile(owner: string, id: string): SoundRow<ProfileContent> {
    const row = this.#findProfile(owner, id);
    if (row === undefined) throw profileNotFound(id);
    return row;
  }

  profileRecord(owner: string, id: string): ProfileRecord {
    return this.toProfileRecord(this.profile(owner, id));
  }

  toProfileRecord(profile: SoundRow<ProfileContent>): ProfileRecord {
    return toProfileRecord(profile, this.#countAnswers(profile));
  }

  /** @throws InvalidOptionError if the owner has a profile of this id. */
  requireFree(owner: string, id: string): void {
    if (this.#findProfile(owner, id) === undefined) return;
    const what = `There is already a profile ${JSON.stringify(id)}. Delete it or take another id.`;
    throw new InvalidOptionError('id', what);
  }

  answerRecords(profile: SoundRow<ProfileContent>): AnswerRecord[] {
    const rows = this.rowsOf(answers, profile, 'TRUE ORDER BY sequence');
    return rows.map((row) => toAnswerRecord(row, profile.content));
  }

  /** @throws InvalidOptionError if the profile has no such question, or it is not open. */
  openQuestion(profile: SoundRow<ProfileContent>, id: string): SoundRow<QuestionContent> {
    const question = this.rowsOf(questions, profile, 'id = ?', [id])[0];
    if (question?.key['state'] === 'open') return question;
    const state = question === undefined ? 'none of its questions' : `${question.key['state']}`;
    const what = `The question ${JSON.stringify(id)} is not open: it is ${state}.`;
    throw new InvalidOptionError('questionId', what);
  }

  /** Of the question added last; 0 if there is none. */
  lastPosition({ key }: SoundRow<ProfileContent>): number {
    const sql = 'SELECT max(position) AS last FROM questions WHERE owner = ? AND profile_id = ?';
    return Number(this.#database.get(sql, [key['owner']!, key['id']!])?.['last'] ?? 0);
  }

  /** @throws StoreError with reason `corrupt` if the damage is not one of rows. */
  async readAll(): Promise<void> {
    const found = this.#database.get('PRAGMA integrity_check(1)')?.['integrity_check'];
    if (found !== 'ok') throw storeError('corrupt', this.#database.file, `is damaged: ${found}`);
    for (const table of [profiles, answers, questions, bases]) await this.#readTable(table);
  }

  async #readTable(table: Table<unknown>): Promise<void> {
    let last = 0;
    for (;;) {
      const sql = `SELECT rowid, * FROM ${table.name} WHERE rowid > ? ORDER BY rowid LIMIT ?`;
      const rows = this.#database.all(sql, [last, readAtOnce]);
      if (rows.length === 0) return;
      this.#sound(table, rows);
      last = rows.at(-1)!['rowid'] as number;
      await setImmediate();
    }
  }

  #sound<Content>(table: Table<Content>, rows: readonly SqlRow[]): SoundRow<Content>[] {
    return soundRows(this.#database, table, rows, this.#now());
  }

  #findProfile(owner: string, id: string): SoundRow<ProfileContent> | undefined {
    const row = this.rows(profiles, 'owner = ? AND id = ?', [owner, id])[0];
    if (row !== undefined) return row;
    const damaged = findProfileSetAside(this.#database, owner, id);
    if (damaged === undefined) return undefined;
    throw new StoreError(
      'corrupt',
      `The profile ${id} was damaged on disk (${damaged.reason}) and set aside in ` +
        `${this.#database.file}; the others are not affected. Delete it to begin anew, or import an ` +
        'export of it under another id.',
    );
  }

  #countAnswers({ key, content }: SoundRow<ProfileContent>): number {
    const sql =
      'SELECT count(*) AS count FROM answers WHERE owner = ? AND profile_id = ? AND sequence > ?';
    const values = [key['owner']!, key['id']!, content.resetSequence];
    return Number(this.#database.get(sql, values)?.['count']);
  }
}

export function profileNotFound(id: string): ProfileNotFoundError {
  return new ProfileNotFoundError(`There is no profile ${JSON.stringify(id)}.`);
}
