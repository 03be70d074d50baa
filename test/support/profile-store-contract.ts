import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { runs } from './runs.ts';
import type { PreferenceAnswer } from '../../src/preference/index.ts';
import {
  storeLimits,
  type NewAnswer,
  type NewQuestion,
  type ProfileRecord,
  type ProfileStore,
} from '../../src/store/index.ts';
import {
  DisposedError,
  InvalidOptionError,
  ProfileNotFoundError,
  type TrimtabError,
} from '../../src/spec/index.ts';

export const owner = 'key-of-ada';
const stranger = 'key-of-bob';

export const newProfile = {
  owner,
  id: 'p1',
  name: 'at work',
  basis: 'basis-1',
  posterior: {
    mean: [0, 0],
    covariance: [
      [1, 0],
      [0, 1],
    ],
  },
};

export function newAnswer(id: string, change: Partial<NewAnswer> = {}): NewAnswer {
  return {
    id,
    prompt: 'How tall is it?',
    first: 'Tall.',
    second: 'It is 300 m tall, including its aerial.',
    features: [0.25, -1e-9],
    outcome: 'first',
    ...change,
  };
}

function newQuestion(id: string): NewQuestion {
  const { outcome: _, ...texts } = newAnswer(id);
  return texts;
}

/** A posterior that counts: what was written shows how often, and upon which. */
export const countUp = ({ posterior }: ProfileRecord): unknown => ({
  count: ((posterior as { count?: number }).count ?? 0) + 1,
});

const rejected = (promise: Promise<unknown>): Promise<TrimtabError> =>
  promise.then(
    () => Promise.reject(new Error('It should have been refused.')),
    (error: unknown) => error as TrimtabError,
  );

/** What every {@link ProfileStore} does, wherever it keeps things. */
export function describeProfileStore(
  where: string,
  open: (now: () => number) => Promise<ProfileStore>,
): void {
  describe(`a store in ${where}`, () => {
    let store: ProfileStore;
    let time: number;

    beforeEach(async () => {
      time = 1000;
      store = await open(() => time);
    });
    afterEach(() => store[Symbol.asyncDispose]());

    const append = (id: string, change: Partial<NewAnswer> = {}) =>
      store.appendAnswer(owner, 'p1', newAnswer(id, change), countUp);

    describe('profiles', () => {
      it('gives back what was created', async () => {
        const created = await store.createProfile(newProfile);
        expect(created).toEqual({
          ...newProfile,
          overrides: {},
          answersCount: 0,
          createdAt: 1000,
          updatedAt: 1000,
        });
        expect(await store.getProfile(owner, 'p1')).toEqual(created);
      });

      it('keeps any JSON as posterior, and nothing of it aliased', async () => {
        const posterior = fc.jsonValue({ maxDepth: 4 });
        let number = 0;
        await fc.assert(
          fc.asyncProperty(posterior, async (value) => {
            number += 1;
            const id = `json-${number}`;
            const created = await store.createProfile({ ...newProfile, id, posterior: value });
            const expected: unknown = JSON.parse(JSON.stringify(value));
            expect(created.posterior).toEqual(expected);
            expect((await store.getProfile(owner, id)).posterior).toEqual(expected);
          }),
          { numRuns: runs(20) },
        );
        const mean = [1];
        const created = await store.createProfile({ ...newProfile, posterior: { mean } });
        mean[0] = 2;
        expect(created.posterior).toEqual({ mean: [1] });
      });

      it('lists those of an owner, oldest first', async () => {
        for (const id of ['p2', 'p1', 'p3']) await store.createProfile({ ...newProfile, id });
        await store.createProfile({ ...newProfile, owner: stranger });
        const ids = (await store.listProfiles(owner)).map(({ id }) => id);
        expect(ids).toEqual(['p2', 'p1', 'p3']);
        expect(await store.listProfiles('nobody')).toEqual([]);
      });

      it('has one of an id per owner', async () => {
        await store.createProfile(newProfile);
        expect(await rejected(store.createProfile(newProfile))).toMatchObject({
          code: 'invalid_option',
          option: 'id',
        });
        await store.createProfile({ ...newProfile, owner: stranger, name: undefined });
        expect((await store.getProfile(stranger, 'p1')).name).toBeNull();
        expect((await store.getProfile(owner, 'p1')).name).toBe('at work');
      });

      it.each([
        ['profile.id', { id: '../p1' }],
        ['profile.id', { id: '' }],
        ['profile.owner', { owner: 'a b' }],
        ['profile.name', { name: 'n'.repeat(storeLimits.nameLength + 1) }],
        ['profile.posterior.mean[1]', { posterior: { mean: [0, NaN] } }],
        ['profile.posterior', { posterior: undefined }],
        ['profile.posterior.at', { posterior: { at: new Date(0) } }],
        ['profile', { wings: 2 }],
      ])('refuses %s, and names it: %o', async (place, change) => {
        const error = await rejected(store.createProfile({ ...newProfile, ...change }));
        expect(error).toBeInstanceOf(InvalidOptionError);
        expect(error).toMatchObject({ option: place });
        expect(error.message).toContain(place);
        expect(await store.listProfiles(owner)).toEqual([]);
      });

      it('refuses a posterior nested without end', async () => {
        let posterior: unknown = 1;
        for (let i = 0; i < 100_000; i++) posterior = [posterior];
        const error = await rejected(store.createProfile({ ...newProfile, posterior }));
        expect(error.message).toMatch(/nested deeper than 32 levels/);
      });
    });

    describe("another owner's profile", () => {
      it('is as if it did not exist, for every call', async () => {
        await store.createProfile(newProfile);
        await store.addQuestions(owner, 'p1', [newQuestion('q1')]);
        await append('a1');
        const before = await store.exportProfile(owner, 'p1');
        const calls = [
          (who: string, id: string) => store.getProfile(who, id),
          (who: string, id: string) => store.deleteProfile(who, id),
          (who: string, id: string) => store.appendAnswer(who, id, newAnswer('a1'), countUp),
          (who: string, id: string) => store.listAnswers(who, id),
          (who: string, id: string) => store.setOverrides(who, id, {}),
          (who: string, id: string) => store.resetProfile(who, id, {}),
          (who: string, id: string) => store.addQuestions(who, id, []),
          (who: string, id: string) => store.openQuestions(who, id),
          (who: string, id: string) => store.exportProfile(who, id),
        ];
        for (const call of calls) {
          const foreign = await rejected(call(stranger, 'p1'));
          expect(foreign).toBeInstanceOf(ProfileNotFoundError);
          // What is nobody's gives the same words.
          const missing = await rejected(call(stranger, 'p2'));
          expect(foreign.message.replace('p1', 'p2')).toBe(missing.message);
        }
        expect(await store.exportProfile(owner, 'p1')).toEqual(before);
      });
    });

    describe('answers', () => {
      beforeEach(() => store.createProfile(newProfile));

      it('are appended with the posterior after them', async () => {
        time = 2000;
        const { answer, profile, isRepeated } = await append('a1', { outcome: 'tie' });
        expect(isRepeated).toBe(false);
        expect(answer).toEqual({
          ...newAnswer('a1', { outcome: 'tie' }),
          profileId: 'p1',
          sequence: 1,
          questionId: null,
          answeredAt: 2000,
          counts: true,
        });
        expect(profile).toEqual({
          ...(await store.getProfile(owner, 'p1')),
          posterior: { count: 1 },
          answersCount: 1,
          createdAt: 1000,
          updatedAt: 2000,
        });
        expect(await store.listAnswers(owner, 'p1')).toEqual([answer]);
      });

      it('come once, however often and however interleaved they are sent', async () => {
        const keys = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 });
        let number = 0;
        await fc.assert(
          fc.asyncProperty(keys, async (sent) => {
            number += 1;
            const id = `law-${number}`;
            await store.createProfile({ ...newProfile, id, posterior: {} });
            const receipts = await Promise.all(
              sent.map((key) => store.appendAnswer(owner, id, newAnswer(`k${key}`), countUp)),
            );
            const distinct = [...new Set(sent)].map((key) => `k${key}`);
            const listed = await store.listAnswers(owner, id);
            expect(listed.map((answer) => answer.id)).toEqual(distinct);
            expect(listed.map(({ sequence }) => sequence)).toEqual(distinct.map((_, i) => i + 1));
            expect(receipts.filter(({ isRepeated }) => !isRepeated)).toHaveLength(distinct.length);
            const { posterior } = await store.getProfile(owner, id);
            expect(posterior).toEqual(distinct.length === 0 ? {} : { count: distinct.length });
          }),
          { numRuns: runs(15) },
        );
      });

      it('gives the first answer back to the same one again, and refuses another under its id', async () => {
        const first = await append('a1');
        time = 5000;
        const again = await append('a1');
        expect(again).toEqual({ ...first, isRepeated: true });
        const other = await rejected(append('a1', { outcome: 'second' }));
        expect(other).toMatchObject({ code: 'invalid_option', option: 'answer.id' });
        expect((await store.getProfile(owner, 'p1')).answersCount).toBe(1);
      });

      it('changes nothing if the posterior cannot be computed or kept', async () => {
        const before = await store.exportProfile(owner, 'p1');
        const fail = (): never => {
          throw new RangeError('no posterior');
        };
        const thrown = store.appendAnswer(owner, 'p1', newAnswer('a1'), fail);
        await expect(thrown).rejects.toThrow('no posterior');
        const infinite = store.appendAnswer(owner, 'p1', newAnswer('a1'), () => [Infinity]);
        expect(await rejected(infinite)).toMatchObject({ option: 'posterior[0]' });
        expect(await store.exportProfile(owner, 'p1')).toEqual(before);
      });

      it.each([
        ['answer.features[1]', { features: [0, Infinity] }],
        ['answer.features', { features: Array<number>(storeLimits.features + 1).fill(0) }],
        ['answer.outcome', { outcome: 'maybe' as PreferenceAnswer }],
        ['answer.first', { first: 'x'.repeat(storeLimits.textLength + 1) }],
        ['questionId', { questionId: 'q9' }],
      ])('refuses %s', async (place, change) => {
        expect(await rejected(append('a1', change))).toMatchObject({ option: place });
        expect(await store.listAnswers(owner, 'p1')).toEqual([]);
      });

      it('keeps any text, character by character', async () => {
        const first = '\0 \ud800 é 漢字 🦜 \u2028 "\\';
        await append('a1', { first });
        expect((await store.listAnswers(owner, 'p1'))[0]!.first).toBe(first);
      });

      it('before a reset no longer count, and stay', async () => {
        await append('a1');
        await append('a2');
        await store.setOverrides(owner, 'p1', { brevity: 1 });
        const reset = await store.resetProfile(owner, 'p1', { count: 0 });
        expect(reset).toMatchObject({
          posterior: { count: 0 },
          answersCount: 0,
          overrides: { brevity: 1 },
        });
        const { profile } = await append('a3');
        expect(profile).toMatchObject({ posterior: { count: 1 }, answersCount: 1 });
        const listed = await store.listAnswers(owner, 'p1');
        expect(listed.map(({ id, sequence, counts }) => [id, sequence, counts])).toEqual([
          ['a1', 1, false],
          ['a2', 2, false],
          ['a3', 3, true],
        ]);
      });
    });

    describe('overrides', () => {
      it('are set all at once', async () => {
        await store.createProfile(newProfile);
        await store.setOverrides(owner, 'p1', { brevity: -0.5, 'tone: formal': 2 });
        const { overrides } = await store.setOverrides(owner, 'p1', { warmth: 1 });
        expect(overrides).toEqual({ warmth: 1 });
        const refused = store.setOverrides(owner, 'p1', JSON.parse('{"__proto__": 1}') as {});
        expect(await rejected(refused)).toBeInstanceOf(InvalidOptionError);
        const infinite = await rejected(store.setOverrides(owner, 'p1', { warmth: Infinity }));
        expect(infinite).toMatchObject({ option: 'overrides.warmth' });
        expect((await store.getProfile(owner, 'p1')).overrides).toEqual({ warmth: 1 });
      });
    });

    describe('questions', () => {
      beforeEach(() => store.createProfile(newProfile));

      const openIds = async () => (await store.openQuestions(owner, 'p1')).map(({ id }) => id);

      it('are open in the order in which they were added, until answered', async () => {
        const added = await store.addQuestions(owner, 'p1', [newQuestion('q2'), newQuestion('q1')]);
        await store.addQuestions(owner, 'p1', [newQuestion('q0')]);
        expect(await store.openQuestions(owner, 'p1')).toEqual([
          ...added,
          { ...newQuestion('q0'), profileId: 'p1', state: 'open' },
        ]);
        await append('a1', { questionId: 'q2' });
        expect(await openIds()).toEqual(['q1', 'q0']);
        const states = (await store.exportProfile(owner, 'p1')).questions.map(({ state }) => state);
        expect(states).toEqual(['answered', 'open', 'open']);
      });

      it('are answered once, also by the same answer sent twice', async () => {
        await store.addQuestions(owner, 'p1', [newQuestion('q1')]);
        await append('a1', { questionId: 'q1' });
        expect((await append('a1', { questionId: 'q1' })).isRepeated).toBe(true);
        const second = await rejected(append('a2', { questionId: 'q1' }));
        expect(second).toMatchObject({ option: 'questionId' });
        expect(await store.listAnswers(owner, 'p1')).toHaveLength(1);
      });

      it('are added all or none', async () => {
        const twice = [newQuestion('q1'), newQuestion('q2'), newQuestion('q1')];
        const error = await rejected(store.addQuestions(owner, 'p1', twice));
        expect(error).toMatchObject({ option: 'questions[2].id' });
        expect(await openIds()).toEqual([]);
      });
    });

    describe('a document', () => {
      beforeEach(async () => {
        await store.createProfile(newProfile);
        await store.addQuestions(owner, 'p1', [newQuestion('q1'), newQuestion('q2')]);
        await append('a1', { questionId: 'q1' });
        await store.resetProfile(owner, 'p1', { count: 0 });
        await append('a2', { outcome: 'neither' });
        await store.setOverrides(owner, 'p1', { brevity: 1 });
      });

      const exported = async (who = owner, id = 'p1') =>
        JSON.parse(JSON.stringify(await store.exportProfile(who, id))) as Document;
      type Document = {
        answers: { [field: string]: unknown }[];
        questions: { [field: string]: unknown }[];
        profile: { [field: string]: unknown };
        [field: string]: unknown;
      };

      it('brings the same profile back, to the same owner or another', async () => {
        const document = await exported();
        expect(JSON.stringify(document)).not.toContain(owner);
        const copy = await store.importProfile(stranger, document);
        const { owner: _, ...original } = await store.getProfile(owner, 'p1');
        expect(copy).toEqual({ ...original, owner: stranger });
        expect(await exported(stranger)).toEqual(document);
        await store.importProfile(owner, document, 'p2');
        expect(await exported(owner, 'p2')).toEqual({
          ...document,
          profile: { ...document.profile, id: 'p2' },
        });
        expect(await store.listAnswers(owner, 'p2')).toHaveLength(2);
      });

      it('is an ordinary profile afterwards', async () => {
        await store.importProfile(stranger, await exported());
        const repeated = await store.appendAnswer(
          stranger,
          'p1',
          newAnswer('a2', { outcome: 'neither' }),
          countUp,
        );
        expect(repeated.isRepeated).toBe(true);
        const { answer } = await store.appendAnswer(stranger, 'p1', newAnswer('a3'), countUp);
        expect(answer.sequence).toBe(3);
        await store.addQuestions(stranger, 'p1', [newQuestion('q3')]);
        const questions = await store.openQuestions(stranger, 'p1');
        expect(questions.map(({ id }) => id)).toEqual(['q2', 'q3']);
      });

      it('does not replace a profile', async () => {
        const error = await rejected(store.importProfile(owner, await exported()));
        expect(error).toMatchObject({ option: 'id' });
      });

      it.each<[string, (document: Document) => unknown]>([
        ['document', () => null],
        ['document', () => 'text'],
        ['document', (d) => ({ ...d, wings: 2 })],
        ['document.format', (d) => ({ ...d, format: 'other' })],
        ['document.version', (d) => ({ ...d, version: 2 })],
        ['document.profile.id', (d) => ({ ...d, profile: { ...d.profile, id: 'a/b' } })],
        ['document.profile', (d) => ({ ...d, profile: { ...d.profile, owner } })],
        ['document.answers[1].features[0]', (d) => replaceAnswer(d, { features: ['1'] })],
        ['document.answers[1].id', (d) => replaceAnswer(d, { id: 'a1' })],
        ['document.answers[1].sequence', (d) => replaceAnswer(d, { sequence: 1 })],
        ['document.answers[1].counts', (d) => countFirstOnly(d)],
        [
          'document.questions[1].id',
          (d) => ({ ...d, questions: [d.questions[0], d.questions[0]] }),
        ],
        [
          'document.questions[0].state',
          (d) => ({ ...d, questions: [{ ...d.questions[0], state: 1 }] }),
        ],
      ])('is refused at %s', async (place, change) => {
        const document = change(await exported());
        const error = await rejected(store.importProfile(stranger, document));
        expect(error).toBeInstanceOf(InvalidOptionError);
        expect(error).toMatchObject({ option: place });
        expect(await store.listProfiles(stranger)).toEqual([]);
      });

      function replaceAnswer(document: Document, change: object): unknown {
        return {
          ...document,
          answers: [document.answers[0], { ...document.answers[1], ...change }],
        };
      }

      function countFirstOnly(document: Document): unknown {
        const answers = document.answers.map((answer, i) => ({ ...answer, counts: i === 0 }));
        return { ...document, answers };
      }

      it('is refused, in words cut short, whatever is done to one of its values', async () => {
        const document = await exported();
        const hostile = fc.oneof(
          fc.anything({ maxDepth: 2, withBigInt: true, withDate: true, withMap: true }),
          fc.constant('x'.repeat(10_000)),
        );
        await fc.assert(
          fc.asyncProperty(
            hostile,
            fc.constantFrom(...Object.keys(document)),
            async (value, key) => {
              const error = await rejected(
                store.importProfile(stranger, { ...document, [key]: value }),
              ).catch(() => undefined);
              if (error === undefined) {
                await store.deleteProfile(stranger, 'p1'); // It was a good one by chance.
                return;
              }
              expect(error).toBeInstanceOf(InvalidOptionError);
              expect(error.message.length).toBeLessThan(700);
            },
          ),
        );
        expect(await store.listProfiles(stranger)).toEqual([]);
      });
    });

    describe('deleting', () => {
      it('leaves nothing, and others alone', async () => {
        await store.createProfile(newProfile);
        await store.createProfile({ ...newProfile, id: 'p2' });
        await store.createProfile({ ...newProfile, owner: stranger });
        await append('a1');
        await store.deleteProfile(owner, 'p1');
        expect(await rejected(store.getProfile(owner, 'p1'))).toBeInstanceOf(ProfileNotFoundError);
        expect(await rejected(store.deleteProfile(owner, 'p1'))).toBeInstanceOf(
          ProfileNotFoundError,
        );
        expect((await store.listProfiles(owner)).map(({ id }) => id)).toEqual(['p2']);
        expect(await store.listProfiles(stranger)).toHaveLength(1);
        await store.createProfile(newProfile);
        expect(await store.listAnswers(owner, 'p1')).toEqual([]);
        expect((await append('a1')).answer.sequence).toBe(1);
      });
    });

    describe('bases', () => {
      it('are kept as they are, and never changed', async () => {
        const data = { directions: [[1, 0.5]], from: 'reviews' };
        const basis = await store.putBasis('b1', data);
        expect(basis).toEqual({ id: 'b1', data, createdAt: 1000 });
        time = 2000;
        expect(await store.putBasis('b1', data)).toEqual(basis);
        const other = await rejected(store.putBasis('b1', { ...data, from: 'letters' }));
        expect(other).toMatchObject({ option: 'basis.id' });
        expect(await store.getBasis('b1')).toEqual(basis);
        expect(await store.getBasis('b2')).toBeNull();
      });
    });

    it('finds nothing damaged in what it wrote', async () => {
      await store.createProfile(newProfile);
      await store.addQuestions(owner, 'p1', [newQuestion('q1')]);
      await append('a1', { questionId: 'q1' });
      await store.putBasis('b1', {});
      expect(await store.verify()).toEqual([]);
      expect(await store.setAside()).toEqual([]);
    });

    it('says so when it was disposed of, which may happen twice', async () => {
      await store.createProfile(newProfile);
      await store[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      expect(await rejected(store.getProfile(owner, 'p1'))).toBeInstanceOf(DisposedError);
      expect(await rejected(append('a1'))).toBeInstanceOf(DisposedError);
    });
  });
}
