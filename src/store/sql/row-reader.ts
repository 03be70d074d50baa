import { InvalidOptionError, ProfileNotFoundError, StoreError } from '../../spec/index.ts';
import type { Session, SqlValue } from '../database.ts';
import type { AnswerRecord, ProfileRecord } from '../records.ts';
import type { SoundRow, Table } from './rows.ts';
import { findProfileSetAside, soundRows } from './set-aside.ts';
import {
  answers,
  profiles,
  questions,
  type ProfileContent,
  type QuestionContent,
} from './tables.ts';
import { toAnswerRecord, toProfileRecord } from './to-record.ts';

/** Reads rows. Every call may end with {@link DamageFound}. */
export class RowReader {
  readonly #session: Session;
  readonly #name: string;

  /** @param name - What messages call the database. */
  constructor(session: Session, name: string) {
    this.#session = session;
    this.#name = name;
  }

  async rows<Content>(
    table: Table<Content>,
    where: string,
    values: readonly SqlValue[] = [],
  ): Promise<SoundRow<Content>[]> {
    const sql = `SELECT rowid, * FROM ${table.name} WHERE ${where}`;
    return soundRows(table, await this.#session.all(sql, values));
  }

  /** Those of them that belong to a profile. */
  rowsOf<Content>(
    table: Table<Content>,
    { key }: SoundRow<ProfileContent>,
    where = 'TRUE',
    values: readonly SqlValue[] = [],
  ): Promise<SoundRow<Content>[]> {
    const ofProfile = `owner = ? AND profile_id = ? AND ${where}`;
    return this.rows(table, ofProfile, [key['owner']!, key['id']!, ...values]);
  }

  /** @throws ProfileNotFoundError, or StoreError if it was set aside. */
  async profile(owner: string, id: string): Promise<SoundRow<ProfileContent>> {
    const row = await this.#findProfile(owner, id);
    if (row === undefined) throw profileNotFound(id);
    return row;
  }

  async profileRecord(owner: string, id: string): Promise<ProfileRecord> {
    return this.toProfileRecord(await this.profile(owner, id));
  }

  async toProfileRecord(profile: SoundRow<ProfileContent>): Promise<ProfileRecord> {
    return toProfileRecord(profile, await this.#countAnswers(profile));
  }

  /** @throws InvalidOptionError if the owner has a profile of this id. */
  async requireFree(owner: string, id: string): Promise<void> {
    if ((await this.#findProfile(owner, id)) === undefined) return;
    const what = `There is already a profile ${JSON.stringify(id)}. Delete it or take another id.`;
    throw new InvalidOptionError('id', what);
  }

  async answerRecords(profile: SoundRow<ProfileContent>): Promise<AnswerRecord[]> {
    const rows = await this.rowsOf(answers, profile, 'TRUE ORDER BY sequence');
    return rows.map((row) => toAnswerRecord(row, profile.content));
  }

  /** @throws InvalidOptionError if the profile has no such question, or it is not open. */
  async openQuestion(
    profile: SoundRow<ProfileContent>,
    id: string,
  ): Promise<SoundRow<QuestionContent>> {
    const question = (await this.rowsOf(questions, profile, 'id = ?', [id]))[0];
    if (question?.key['state'] === 'open') return question;
    const state = question === undefined ? 'none of its questions' : `${question.key['state']}`;
    const what = `The question ${JSON.stringify(id)} is not open: it is ${state}.`;
    throw new InvalidOptionError('questionId', what);
  }

  /** Of the question added last; 0 if there is none. */
  async lastPosition({ key }: SoundRow<ProfileContent>): Promise<number> {
    const sql = 'SELECT max(position) AS last FROM questions WHERE owner = ? AND profile_id = ?';
    return Number((await this.#session.get(sql, [key['owner']!, key['id']!]))?.['last'] ?? 0);
  }

  async #findProfile(owner: string, id: string): Promise<SoundRow<ProfileContent> | undefined> {
    const row = (await this.rows(profiles, 'owner = ? AND id = ?', [owner, id]))[0];
    if (row !== undefined) return row;
    const damaged = await findProfileSetAside(this.#session, owner, id);
    if (damaged === undefined) return undefined;
    throw new StoreError(
      'corrupt',
      `The profile ${id} was damaged on disk (${damaged.reason}) and set aside in ` +
        `${this.#name}; the others are not affected. Delete it to begin anew, or import an ` +
        'export of it under another id.',
    );
  }

  async #countAnswers({ key, content }: SoundRow<ProfileContent>): Promise<number> {
    const sql =
      'SELECT count(*) AS count FROM answers WHERE owner = ? AND profile_id = ? AND sequence > ?';
    const values = [key['owner']!, key['id']!, content.resetSequence];
    return Number((await this.#session.get(sql, values))?.['count']);
  }
}

export function profileNotFound(id: string): ProfileNotFoundError {
  return new ProfileNotFoundError(`There is no profile ${JSON.stringify(id)}.`);
}
