import { afterAll, describe, expect, it } from 'vitest';

import { everyByte, pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import {
  ConstraintError,
  DisposedError,
  QueueFullError,
  type Constraint,
  type Vocabulary,
} from '../spec/index.ts';
import { createConstraintState } from './bind-constraint.ts';
import { compileConstraint, compileWritten, writeConstraint } from './compile-constraint.ts';
import { ConstraintCompiler } from './constraint-compiler.ts';
import { readVocabulary } from './read-vocabulary.ts';

// Threads are slow to start here, where they load TypeScript: most tests share them.
const compiler = new ConstraintCompiler({ maxWaiting: 3 });
afterAll(() => compiler[Symbol.dispose]());

/** Of another text each time, so that none was compiled before. */
let made = 0;
const anew = (): Constraint => ({ regex: `${(made += 1)} times a{3,40}` });

/** Takes a second or more. */
const slow = (): Constraint => ({ regex: `${(made += 1)} times .{0,9000}` });

describe('a constraint that is compiled on a thread', () => {
  it.each([
    { jsonSchema: { type: 'array', items: { enum: ['a', 1, null] } } },
    { regex: '(ab|cd)*é' },
    { grammar: 'root ::= "(" root ")" | [a-z]+' },
    { choice: ['one', 'two'] },
  ] as Constraint[])('is the one that is compiled at once: %j', async (constraint) => {
    const compiled = await compiler.compile(constraint);
    // Strictly: what is no plain array may hold on to all that compiling took.
    expect(compileWritten(writeConstraint(constraint).json)).toStrictEqual(compiled);
    expect(compileConstraint(constraint)).toBe(compiled); // both remember it
    expect(await compiler.compile(constraint)).toBe(compiled);
  });

  it('is compiled once for all who ask, whoever gives up', async () => {
    const constraint = anew();
    const given = new AbortController();
    const first = compiler.compile(constraint, { owner: 'a', signal: given.signal });
    const others = ['a', 'b', 'c', 'd', 'e'].map((owner) =>
      compiler.compile(constraint, { owner }),
    );
    given.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    expect(new Set(await Promise.all(others)).size).toBe(1);
  });

  it('is refused as it is at once, again and again', async () => {
    const constraint: Constraint = { jsonSchema: { properties: { a: { unevaluatedItems: {} } } } };
    for (let i = 0; i < 2; i++) {
      const refused = compiler.compile(constraint);
      await expect(refused).rejects.toThrow(ConstraintError);
      await expect(refused).rejects.toMatchObject({ path: '#/properties/a/unevaluatedItems' });
    }
    await expect(compiler.compile({} as Constraint)).rejects.toThrow('has nothing');
  });

  it('waits in a bounded queue of its owner', { tags: ['slow'] }, async () => {
    const left = new AbortController();
    const ask = (owner: string, constraint: Constraint): Promise<unknown> =>
      compiler.compile(constraint, { owner, signal: left.signal }).catch((error: unknown) => error);
    const many = Array.from({ length: 5 }, () => ask('many', slow()));
    expect(await many[4]).toBeInstanceOf(QueueFullError); // one is compiled, three wait
    expect(await compiler.compile(anew(), { owner: 'few' })).toHaveProperty('automaton');
    const reason = new Error('gone');
    left.abort(reason);
    expect(await Promise.all(many.slice(0, 4))).toEqual([reason, reason, reason, reason]);
    expect(await compiler.compile(anew(), { owner: 'many' })).toHaveProperty('automaton');
  });

  it('is ended beyond its time and its memory, and says so', { tags: ['slow'] }, async () => {
    using hasty = new ConstraintCompiler({ timeoutMs: 50 });
    const late = hasty.compile(slow());
    await expect(late).rejects.toThrow(ConstraintError);
    await expect(late).rejects.toThrow('longer than 0.05 s');
    using small = new ConstraintCompiler({ memoryLimitMb: 8 });
    const large = small.compile(slow());
    await expect(large).rejects.toThrow(ConstraintError);
    await expect(large).rejects.toThrow('more than 8 MiB of memory');
  });

  it('ends with the compiler', async () => {
    const ended = new ConstraintCompiler();
    const asked = Array.from({ length: 3 }, () => ended.compile(slow()));
    ended[Symbol.dispose]();
    for (const each of asked) await expect(each).rejects.toThrow(DisposedError);
    await expect(ended.compile(anew())).rejects.toThrow(DisposedError);
  });
});

describe('a vocabulary that is read on a thread', () => {
  it('is read once, and gives the same masks', async () => {
    const words = Array.from({ length: 5000 }, (_, i) => Buffer.from(`w${i}é`));
    const plain = pieceVocabulary([...everyByte, ...words]);
    let read = 0;
    const counted: Vocabulary = { ...plain, piece: (tokenId) => (read++, plain.piece(tokenId)) };
    await Promise.all([readVocabulary(counted, compiler), readVocabulary(counted, compiler)]);
    await readVocabulary(counted, compiler);
    expect(read).toBe(everyByte.length + words.length);
    const compiled = compileConstraint({ regex: '"[^"]*"|w[0-9]*é' });
    const masks = [counted, plain].map((over) => createConstraintState(compiled, over).mask(50));
    expect(masks[0]).toEqual(masks[1]);
    expect(read).toBe(everyByte.length + words.length);
  });
});
