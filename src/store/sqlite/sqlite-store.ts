import { isDeepStrictEqual } from 'node:util';

import { InvalidOptionError } from '../../spec/index.ts';
import { check } from '../check.ts';
import { parseProfileExport, toProfileExport, type ProfileExport } from '../export.ts';
import type { AnswerReceipt, ProfileStore, UpdatePosterior } from '../profile-store.ts';
import type {
  AnswerRecord,
  BasisRecord,
  NewAnswer,
  NewProfileRecord,
  NewQuestion,
  ProfileRecord,
  QuestionRecord,
  SetAsideRecord,
} from '../records.ts';
import * as schemas from '../schemas.ts';
import type { SqliteDatabase } from './database.ts';
import { profileNotFound, RowReader } from './row-reader.ts';
import { insertRow, updateRow, type SoundRow } from './rows.ts';
import { forgetSetAside, listSetAside } from './set-aside.ts';
import {
  answers,
  bases,
  profiles,
  questions,
  type AnswerContent,
  type ProfileContent,
  type QuestionContent,
} from './tables.ts';
import { toAnswerRecord, toBasisRecord, toQuestionRecord } from './to-record.ts';

/** Each call does its work before it returns its promise: calls never interleave. */
export class SqliteStore implements ProfileStore {
  readonly #database: SqliteDatabase;
  readonly #now: () => number;
  readonly #reader: RowReader;
  readonly #release: () => void;

  /** @param release - Called once the database is closed. */
  constructor(database: SqliteDatabase, now: () => number, release: () => void) {
    this.#database = database;
    this.#now = () => Math.trunc(now());
    this.#reader = new RowReader(database, this.#now);
    this.#release = release;
  }

  async createProfile(profile: NewProfileRecord): Promise<ProfileRecord> {
    const { owner, id, name, ...given } = check(schemas.newProfile, profile, 'profile');
    this.#reader.requireFree(owner, id);
    const now = this.#now();
    const content: ProfileContent = {
      name: name ?? null,
      ...given,
      overrides: {},
      lastSequence: 0,
      resetSequence: 0,
      createdAt: now,
      updatedAt: now,
    };
    this.#write(() => insertRow(this.#database, profiles, { owner, id }, content));
    return this.#reader.profileRecord(owner, id);
  }

  async getProfile(owner: string, id: string): Promise<ProfileRecord> {
    return this.#reader.profileRecord(owner, id);
  }

  async listProfiles(owner: string): Promise<ProfileRecord[]> {
    const rows = this.#reader.rows(profiles, 'owner = ? ORDER BY rowid', [owner]);
    return rows.map((row) => this.#reader.toProfileRecord(row));
  }

  async deleteProfile(owner: string, id: string): Promise<void> {
    const deleted = this.#write(() => {
      const sql = 'DELETE FROM profiles WHERE owner = ? AND id = ?';
      return this.#database.run(sql, [owner, id]) + forgetSetAside(this.#database, owner, id);
    });
    if (deleted === 0) throw profileNotFound(id);
    // The write-ahead log still holds the texts.
    this.#database.all('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  async appendAnswer(
    owner: string,
    profileId: string,
    answer: NewAnswer,
    update: UpdatePosterior,
  ): Promise<AnswerReceipt> {
    const { id, ...given } = check(schemas.newAnswer, answer, 'answer');
    const profile = this.#reader.profile(owner, profileId);
    const known = this.#reader.rowsOf(answers, profile, 'id = ?', [id])[0];
    if (known !== undefined) return this.#repeatedAnswer(profile, known, given);
    const now = this.#now();
    const sequence = profile.content.lastSequence + 1;
    const row: SoundRow<AnswerContent> = {
      key: { owner, profile_id: profileId, sequence, id },
      content: { ...given, answeredAt: now },
    };
    const record = toAnswerRecord(row, profile.content);
    const question =
      given.questionId === null ? undefined : this.#reader.openQuestion(profile, given.questionId);
    const next = update(this.#reader.toProfileRecord(profile), record);
    const posterior = check(schemas.posterior, next, 'posterior');
    this.#write(() => {
      insertRow(this.#database, answers, row.key, row.content);
      if (question !== undefined) this.#setAnswered(question);
      this.#updateProfile(profile, { posterior, lastSequence: sequence });
    });
    return {
      answer: record,
      profile: this.#reader.profileRecord(owner, profileId),
      isRepeated: false,
    };
  }

  async listAnswers(owner: string, profileId: string): Promise<AnswerRecord[]> {
    return this.#reader.answerRecords(this.#reader.profile(owner, profileId));
  }

  async setOverrides(
    owner: string,
    id: string,
    overrides: Readonly<Record<string, number>>,
  ): Promise<ProfileRecord> {
    const checked = check(schemas.overrides, overrides, 'overrides');
    const profile = this.#reader.profile(owner, id);
    this.#write(() => this.#updateProfile(profile, { overrides: checked }));
    return this.#reader.profileRecord(owner, id);
  }

  async resetProfile(owner: string, id: string, posterior: unknown): Promise<ProfileRecord> {
    const checked = check(schemas.posterior, posterior, 'posterior');
    const profile = this.#reader.profile(owner, id);
    const resetSequence = profile.content.lastSequence;
    this.#write(() => this.#updateProfile(profile, { posterior: checked, resetSequence }));
    return this.#reader.profileRecord(owner, id);
  }

  async addQuestions(
    owner: string,
    profileId: string,
    given: readonly NewQuestion[],
  ): Promise<QuestionRecord[]> {
    const added = check(schemas.newQuestions, given, 'questions');
    const profile = this.#reader.profile(owner, profileId);
    const known = new Set(this.#reader.rowsOf(questions, profile).map(({ key }) => key['id']));
    added.forEach(({ id }, i) => {
      if (known.has(id)) throw taken(`questions[${i}].id`, `question ${id}`);
      known.add(id);
    });
    const state = 'open';
    const first = this.#reader.lastPosition(profile) + 1;
    const rows = added.map(({ id, ...content }, i): SoundRow<QuestionContent> => {
      const key = { owner, profile_id: profileId, position: first + i, id, state };
      return { key, content };
    });
    this.#write(() => {
      for (const { key, content } of rows) insertRow(this.#database, questions, key, content);
    });
    return rows.map(toQuestionRecord);
  }

  async openQuestions(owner: string, profileId: string): Promise<QuestionRecord[]> {
    const profile = this.#reader.profile(owner, profileId);
    const open = this.#reader.rowsOf(questions, profile, "state = 'open' ORDER BY position");
    return open.map(toQuestionRecord);
  }

  async exportProfile(owner: string, id: string): Promise<ProfileExport> {
    const profile = this.#reader.profile(owner, id);
    const given = this.#reader.answerRecords(profile);
    const prepared = this.#reader.rowsOf(questions, profile, 'TRUE ORDER BY position');
    const record = this.#reader.profileRecord(owner, id);
    return toProfileExport(record, given, prepared.map(toQuestionRecord), this.#now());
  }

  async importProfile(owner: string, document: unknown, id?: string): Promise<ProfileRecord> {
    const parsed = parseProfileExport(document);
    const { id: ownId, ...fields } = parsed.profile;
    const profileId = id === undefined ? ownId : check(schemas.id, id, 'id');
    check(schemas.owner, owner, 'owner');
    this.#reader.requireFree(owner, profileId);
    const content: ProfileContent = {
      ...fields,
      lastSequence: parsed.answers.at(-1)?.sequence ?? 0,
      resetSequence: parsed.answers.findLast(({ counts }) => !counts)?.sequence ?? 0,
    };
    this.#write(() => {
      insertRow(this.#database, profiles, { owner, id: profileId }, content);
      for (const { id: answerId, sequence, counts: _, ...answer } of parsed.answers) {
        const key = { owner, profile_id: profileId, sequence, id: answerId };
        insertRow(this.#database, answers, key, answer);
      }
      parsed.questions.forEach(({ id: questionId, state, ...question }, position) => {
        const key = { owner, profile_id: profileId, position, id: questionId, state };
        insertRow(this.#database, questions, key, question);
      });
    });
    return this.#reader.profileRecord(owner, profileId);
  }

  async putBasis(id: string, data: unknown): Promise<BasisRecord> {
    const basis = check(schemas.newBasis, { id, data }, 'basis');
    const known = this.#reader.rows(bases, 'id = ?', [basis.id])[0];
    if (known !== undefined) {
      if (!isDeepStrictEqual(known.content.data, throughJson(data))) {
        throw taken('basis.id', `basis ${id} with other data`);
      }
      return toBasisRecord(known);
    }
    const content = { data: basis.data, createdAt: this.#now() };
    this.#write(() => insertRow(this.#database, bases, { id: basis.id }, content));
    return toBasisRecord(this.#reader.rows(bases, 'id = ?', [basis.id])[0]!);
  }

  async getBasis(id: string): Promise<BasisRecord | null> {
    const row = this.#reader.rows(bases, 'id = ?', [id])[0];
    return row === undefined ? null : toBasisRecord(row);
  }

  async verify(): Promise<SetAsideRecord[]> {
    await this.#reader.readAll();
    return listSetAside(this.#database);
  }

  async setAside(): Promise<SetAsideRecord[]> {
    return listSetAside(this.#database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#database[Symbol.dispose]();
    } finally {
      this.#release();
    }
  }

  #repeatedAnswer(
    profile: SoundRow<ProfileContent>,
    known: SoundRow<AnswerContent>,
    given: Omit<AnswerContent, 'answeredAt'>,
  ): AnswerReceipt {
    const { answeredAt: _, ...first } = known.content;
    if (!isDeepStrictEqual(first, throughJson(given))) {
      throw taken('answer.id', `another answer ${String(known.key['id'])}`);
    }
    return {
      answer: toAnswerRecord(known, profile.content),
      profile: this.#reader.toProfileRecord(profile),
      isRepeated: true,
    };
  }

  #setAnswered({ key, content }: SoundRow<QuestionContent>): void {
    updateRow(this.#database, questions, key, { key: { ...key, state: 'answered' }, content });
  }

  #updateProfile(
    { key, content }: SoundRow<ProfileContent>,
    change: Partial<ProfileContent>,
  ): void {
    const updated = { ...content, ...change, updatedAt: this.#now() };
    updateRow(this.#database, profiles, key, { key, content: updated });
  }

  #write<Value>(work: () => Value): Value {
    return this.#database.transaction(work);
  }
}

/** A value as it comes back from the store. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function taken(option: string, what: string): InvalidOptionError {
  return new InvalidOptionError(option, `There is already ${what}. Give it another id.`);
}
