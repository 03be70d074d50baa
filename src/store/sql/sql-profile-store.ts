import { isDeepStrictEqual } from 'node:util';

import { InvalidOptionError, StoreError } from '../../spec/index.ts';
import { check } from '../check.ts';
import type { Database, Session } from '../database.ts';
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
import { profileNotFound, type RowReader } from './row-reader.ts';
import { insertRow, updateRow, type SoundRow } from './rows.ts';
import { forgetSetAside, listSetAside } from './set-aside.ts';
import { SoundDatabase } from './sound-database.ts';
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

/** Profiles in a database of SQL. */
export class SqlProfileStore implements ProfileStore {
  readonly #database: Database;
  readonly #sound: SoundDatabase;
  readonly #now: () => number;

  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = () => Math.trunc(now());
    this.#sound = new SoundDatabase(database, this.#now);
  }

  async createProfile(profile: NewProfileRecord): Promise<ProfileRecord> {
    const { owner, id, name, ...given } = check(schemas.newProfile, profile, 'profile');
    await this.#sound.write(scopeOf(owner, id), async (reader, session) => {
      await reader.requireFree(owner, id);
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
      await insertRow(session, profiles, { owner, id }, content);
    });
    return this.getProfile(owner, id);
  }

  getProfile(owner: string, id: string): Promise<ProfileRecord> {
    return this.#sound.read((reader) => reader.profileRecord(owner, id));
  }

  listProfiles(owner: string): Promise<ProfileRecord[]> {
    return this.#sound.read(async (reader) => {
      const rows = await reader.rows(profiles, 'owner = ? ORDER BY rowid', [owner]);
      const records: ProfileRecord[] = [];
      for (const row of rows) records.push(await reader.toProfileRecord(row));
      return records;
    });
  }

  async deleteProfile(owner: string, id: string): Promise<void> {
    const deleted = await this.#sound.write(scopeOf(owner, id), async (_, session) => {
      const sql = 'DELETE FROM profiles WHERE owner = ? AND id = ?';
      return (await session.run(sql, [owner, id])) + (await forgetSetAside(session, owner, id));
    });
    if (deleted === 0) throw profileNotFound(id);
    await this.#database.forget();
  }

  async appendAnswer(
    owner: string,
    profileId: string,
    answer: NewAnswer,
    update: UpdatePosterior,
  ): Promise<AnswerReceipt> {
    const { id, ...given } = check(schemas.newAnswer, answer, 'answer');
    return this.#sound.write(
      scopeOf(owner, profileId),
      async (reader, session): Promise<AnswerReceipt> => {
        const profile = await reader.profile(owner, profileId);
        const known = (await reader.rowsOf(answers, profile, 'id = ?', [id]))[0];
        if (known !== undefined) return repeatedAnswer(reader, profile, known, given);
        const sequence = profile.content.lastSequence + 1;
        const row: SoundRow<AnswerContent> = {
          key: { owner, profile_id: profileId, sequence, id },
          content: { ...given, answeredAt: this.#now() },
        };
        const record = toAnswerRecord(row, profile.content);
        const { questionId } = given;
        const question =
          questionId === null ? undefined : await reader.openQuestion(profile, questionId);
        const next = update(await reader.toProfileRecord(profile), record);
        const posterior = check(schemas.posterior, next, 'posterior');
        await insertRow(session, answers, row.key, row.content);
        if (question !== undefined) await setAnswered(session, question);
        const change = { posterior, lastSequence: sequence };
        const updated = await this.#updateProfile(session, profile, change);
        const after = await reader.toProfileRecord(updated);
        return { answer: record, profile: after, isRepeated: false };
      },
    );
  }

  listAnswers(owner: string, profileId: string): Promise<AnswerRecord[]> {
    return this.#sound.read(async (reader) =>
      reader.answerRecords(await reader.profile(owner, profileId)),
    );
  }

  async setOverrides(
    owner: string,
    id: string,
    overrides: Readonly<Record<string, number>>,
  ): Promise<ProfileRecord> {
    const checked = check(schemas.overrides, overrides, 'overrides');
    return this.#change(owner, id, () => ({ overrides: checked }));
  }

  async resetProfile(owner: string, id: string, posterior: unknown): Promise<ProfileRecord> {
    const checked = check(schemas.posterior, posterior, 'posterior');
    return this.#change(owner, id, ({ lastSequence }) => ({
      posterior: checked,
      resetSequence: lastSequence,
    }));
  }

  async addQuestions(
    owner: string,
    profileId: string,
    given: readonly NewQuestion[],
  ): Promise<QuestionRecord[]> {
    const added = check(schemas.newQuestions, given, 'questions');
    return this.#sound.write(scopeOf(owner, profileId), async (reader, session) => {
      const profile = await reader.profile(owner, profileId);
      const known = new Set((await reader.rowsOf(questions, profile)).map(({ key }) => key['id']));
      added.forEach(({ id }, i) => {
        if (known.has(id)) throw taken(`questions[${i}].id`, `question ${id}`);
        known.add(id);
      });
      const state = 'open';
      const first = (await reader.lastPosition(profile)) + 1;
      const rows = added.map(({ id, ...content }, i): SoundRow<QuestionContent> => {
        const key = { owner, profile_id: profileId, position: first + i, id, state };
        return { key, content };
      });
      for (const { key, content } of rows) await insertRow(session, questions, key, content);
      return rows.map(toQuestionRecord);
    });
  }

  openQuestions(owner: string, profileId: string): Promise<QuestionRecord[]> {
    return this.#sound.read(async (reader) => {
      const profile = await reader.profile(owner, profileId);
      const open = await reader.rowsOf(questions, profile, "state = 'open' ORDER BY position");
      return open.map(toQuestionRecord);
    });
  }

  exportProfile(owner: string, id: string): Promise<ProfileExport> {
    return this.#sound.read(async (reader) => {
      const profile = await reader.profile(owner, id);
      const given = await reader.answerRecords(profile);
      const prepared = await reader.rowsOf(questions, profile, 'TRUE ORDER BY position');
      const record = await reader.toProfileRecord(profile);
      return toProfileExport(record, given, prepared.map(toQuestionRecord), this.#now());
    });
  }

  async importProfile(owner: string, document: unknown, id?: string): Promise<ProfileRecord> {
    const parsed = parseProfileExport(document);
    const { id: ownId, ...fields } = parsed.profile;
    const profileId = id === undefined ? ownId : check(schemas.id, id, 'id');
    check(schemas.owner, owner, 'owner');
    const content: ProfileContent = {
      ...fields,
      lastSequence: parsed.answers.at(-1)?.sequence ?? 0,
      resetSequence: parsed.answers.findLast(({ counts }) => !counts)?.sequence ?? 0,
    };
    await this.#sound.write(scopeOf(owner, profileId), async (reader, session) => {
      await reader.requireFree(owner, profileId);
      await insertRow(session, profiles, { owner, id: profileId }, content);
      for (const { id: answerId, sequence, counts: _, ...answer } of parsed.answers) {
        const key = { owner, profile_id: profileId, sequence, id: answerId };
        await insertRow(session, answers, key, answer);
      }
      for (const [position, { id: questionId, state, ...question }] of parsed.questions.entries()) {
        const key = { owner, profile_id: profileId, position, id: questionId, state };
        await insertRow(session, questions, key, question);
      }
    });
    return this.getProfile(owner, profileId);
  }

  async putBasis(id: string, data: unknown): Promise<BasisRecord> {
    const basis = check(schemas.newBasis, { id, data }, 'basis');
    return this.#sound.write(scopeOf(id), async (reader, session) => {
      const known = (await reader.rows(bases, 'id = ?', [basis.id]))[0];
      if (known !== undefined) {
        if (!isDeepStrictEqual(known.content.data, throughJson(data))) {
          throw taken('basis.id', `basis ${id} with other data`);
        }
        return toBasisRecord(known);
      }
      const content = { data: basis.data, createdAt: this.#now() };
      await insertRow(session, bases, { id: basis.id }, content);
      return { id: basis.id, ...content, data: throughJson(basis.data) };
    });
  }

  getBasis(id: string): Promise<BasisRecord | null> {
    return this.#sound.read(async (reader) => {
      const row = (await reader.rows(bases, 'id = ?', [id]))[0];
      return row === undefined ? null : toBasisRecord(row);
    });
  }

  async verify(): Promise<SetAsideRecord[]> {
    const damage = await this.#database.findDamage();
    if (damage !== undefined) {
      const { name } = this.#database;
      throw new StoreError('corrupt', `${name}: is damaged: ${damage}. Put a copy of it back.`);
    }
    for (const table of [profiles, answers, questions, bases]) await this.#sound.readTable(table);
    return this.setAside();
  }

  setAside(): Promise<SetAsideRecord[]> {
    return this.#sound.read((_, session) => listSetAside(session));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]();
  }

  async #change(
    owner: string,
    id: string,
    change: (content: ProfileContent) => Partial<ProfileContent>,
  ): Promise<ProfileRecord> {
    return this.#sound.write(scopeOf(owner, id), async (reader, session) => {
      const profile = await reader.profile(owner, id);
      const updated = await this.#updateProfile(session, profile, change(profile.content));
      return reader.toProfileRecord(updated);
    });
  }

  async #updateProfile(
    session: Session,
    { key, content }: SoundRow<ProfileContent>,
    change: Partial<ProfileContent>,
  ): Promise<SoundRow<ProfileContent>> {
    const changed = { ...content, ...change, updatedAt: this.#now() };
    const updated = { key, content: throughJson(changed) };
    await updateRow(session, profiles, key, updated);
    return updated;
  }
}

async function repeatedAnswer(
  reader: RowReader,
  profile: SoundRow<ProfileContent>,
  known: SoundRow<AnswerContent>,
  given: Omit<AnswerContent, 'answeredAt'>,
): Promise<AnswerReceipt> {
  const { answeredAt: _, ...first } = known.content;
  if (!isDeepStrictEqual(first, throughJson(given))) {
    throw taken('answer.id', `another answer ${String(known.key['id'])}`);
  }
  return {
    answer: toAnswerRecord(known, profile.content),
    profile: await reader.toProfileRecord(profile),
    isRepeated: true,
  };
}

async function setAnswered(
  session: Session,
  { key, content }: SoundRow<QuestionContent>,
): Promise<void> {
  await updateRow(session, questions, key, { key: { ...key, state: 'answered' }, content });
}

/** Writes of one profile, or of one basis, come one after the other. */
function scopeOf(...names: readonly string[]): string {
  return names.join('\n');
}

/** A value as it comes back from the store. */
function throughJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

function taken(option: string, what: string): InvalidOptionError {
  return new InvalidOptionError(option, `There is already ${what}. Give it another id.`);
}
