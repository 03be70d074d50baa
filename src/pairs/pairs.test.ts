import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Evaluation } from '../evaluation/index.ts';
import { InvalidOptionError } from '../spec/index.ts';
import { rowRecord } from './base-rows.ts';
import { judgePair } from './judge-pair.ts';
import { openPairFolder } from './pair-folder.ts';
import { findTuningPython } from './python-environment.ts';
import { resolveTuning, tuningDefaults } from './settings.ts';
import { splitConversations } from './split.ts';
import { composedLosses } from './strength-curve.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-pairs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const conversation = (i: number, group?: string) => ({
  prompt: `Question ${i}?`,
  answer: `Answer ${i}.`,
  line: i + 1,
  ...(group !== undefined && { group }),
});
const conversations = (count: number, groupOf?: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => conversation(i, groupOf?.(i)));

describe('a split of conversations', () => {
  it('has each of them once, however they are ordered, and all of a group in one part', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 300 }), fc.nat(9), fc.nat(), (count, groups, seed) => {
        const all = conversations(count, groups < 2 ? undefined : (i) => `g${i % (4 * groups)}`);
        const { training, development, test, repeated } = splitConversations(all, seed);
        const parts = [training, development, test];
        expect(repeated).toBe(0);
        expect(parts.flat().toSorted((a, b) => a.line - b.line)).toEqual(all);
        const linesOf = (part: typeof training) =>
          part.map(({ line }) => line).toSorted((a, b) => a - b);
        const again = splitConversations(all.toReversed(), seed);
        expect(linesOf(again.test)).toEqual(linesOf(test));
        for (const group of new Set(all.map((each) => each.group))) {
          if (group === undefined) continue;
          const holding = parts.filter((part) => part.some((each) => each.group === group));
          expect(holding).toHaveLength(1);
        }
      }),
    );
  });

  it('asks nothing twice in two parts, and leaves out what is said twice', () => {
    const twice = [...conversations(40), ...conversations(40)];
    const other = conversations(40).map((each) => ({ ...each, answer: 'Another.' }));
    const { training, development, test, repeated } = splitConversations([...twice, ...other], 1);
    expect(repeated).toBe(40);
    const asked = (part: typeof training) => new Set(part.map(({ prompt }) => prompt));
    expect(asked(training).intersection?.(asked(test)).size ?? 0).toBe(0);
    expect(training.length + development.length + test.length).toBe(80);
  });

  it('moves with its seed, and needs enough to judge by', () => {
    const all = conversations(80);
    expect(splitConversations(all, 1).test).not.toEqual(splitConversations(all, 2).test);
    expect(() => splitConversations(conversations(23), 0)).toThrow('23 conversations; at least 24');
    expect(() =>
      splitConversations(
        conversations(80, () => 'one'),
        0,
      ),
    ).toThrow('in 1 groups, 0 are left');
  });
});

describe('rows of the base', () => {
  const token = (tokenId: number, logprob: number) => ({ tokenId, logprob, text: '' });
  const read = (record: Buffer, count: number) => ({
    ids: Array.from({ length: count }, (_, i) => record.readInt32LE(4 * i)),
    base: Array.from({ length: count }, (_, i) => record.readFloatLE(4 * (count + i))),
    twin: Array.from({ length: count }, (_, i) => record.readFloatLE(4 * (2 * count + i))),
    rest: record.readFloatLE(12 * count),
  });
  const twin = Float32Array.of(-1, -2, -3, -4);

  it('hold the right token, whether it is probable or not, and the mass of all others', () => {
    const topLogprobs = [token(2, Math.log(0.5)), token(0, Math.log(0.25))];
    const among = read(rowRecord({ ...token(0, Math.log(0.25)), topLogprobs }, twin), 2);
    expect(among).toMatchObject({ ids: [2, 0], twin: [-3, -1] });
    expect(Math.exp(among.rest)).toBeCloseTo(0.25, 6);
    const beside = read(rowRecord({ ...token(3, Math.log(0.125)), topLogprobs }, twin), 2);
    expect(beside).toMatchObject({ ids: [2, 3], twin: [-3, -4] });
    expect(Math.exp(beside.rest)).toBeCloseTo(0.375, 6);
    expect(beside.base[1]).toBeCloseTo(Math.log(0.125), 6);
  });

  it('never have less than no mass left, nor a twin for what is padding', () => {
    const topLogprobs = [token(7, 0), token(1, -30)];
    const { twin: ofTwin, rest } = read(rowRecord({ ...token(7, 0), topLogprobs }, twin), 2);
    expect(ofTwin[0]).toBe(0);
    expect(rest).toBeLessThan(-15);
    expect(Number.isFinite(rest)).toBe(true);
  });
});

describe('the losses of a composition', () => {
  it('are those of its softmax, at every strength', () => {
    const row = fc.array(fc.float({ min: -30, max: 0, noNaN: true }), {
      minLength: 5,
      maxLength: 5,
    });
    fc.assert(
      fc.property(row, row, row, fc.nat(4), (base, expert, twin, target) => {
        const alphas = [0, 0.7, 2.5];
        const rows = [base, expert, twin].map((values) => Float32Array.from(values));
        const losses = composedLosses(
          { base: rows[0]!, expert: rows[1]!, twin: rows[2]! },
          target,
          alphas,
        );
        alphas.forEach((alpha, k) => {
          const z = base.map((value, i) => value + alpha * (expert[i]! - twin[i]!));
          const max = Math.max(...z);
          const sum = z.reduce((total, value) => total + Math.exp(value - max), 0);
          expect(losses[k]).toBeCloseTo(max + Math.log(sum) - z[target]!, 3);
        });
      }),
    );
  });
});

describe('the verdict on a pair', () => {
  const evaluation = (nats: Readonly<Record<string, number>>): Pick<Evaluation, 'records'> => ({
    records: Object.entries(nats).flatMap(([system, mean]) =>
      Array.from({ length: 20 }, (_, i) => ({
        result: {
          task: 'test',
          item: `q${i}`,
          system,
          scores: { 'nats-per-byte': mean + ((i * 7) % 5) / 50 },
        },
        cost: null,
      })),
    ),
  });
  const rivals = [
    { name: 'base', words: 'the base alone' },
    { name: 'expert', words: 'the expert alone' },
  ];

  it.each([
    [
      { pair: 1, base: 2, expert: 1.5 },
      true,
      'worth it: better than the base alone and the expert alone',
    ],
    [{ pair: 1, base: 2, expert: 0.5 }, false, 'not worth it: the expert alone is better'],
    [
      { pair: 3, base: 2, expert: 0.5 },
      false,
      'not worth it: the base alone and the expert alone are better',
    ],
    [
      { pair: 1, base: 2, expert: 1 },
      false,
      'better than the base alone, but no evidence (n = 20) that it is better than the expert alone',
    ],
  ])('of %j', (nats, isWorthIt, text) => {
    expect(judgePair(evaluation(nats), 'pair', rivals)).toMatchObject({ isWorthIt, text });
  });
});

describe('settings of a pair', () => {
  it('have defaults, and ranges', () => {
    const others = { data: 'a', onProgress() {} };
    expect(resolveTuning({ ...others, epochs: 5 })).toEqual({ ...tuningDefaults, epochs: 5 });
    for (const wrong of [
      { rank: 0 },
      { rate: 1 },
      { smoothing: 1 },
      { strength: 0 },
      { epochs: 1.5 },
    ]) {
      expect(() => resolveTuning(wrong)).toThrow(InvalidOptionError);
    }
  });

  it('are kept, and no other pair is made over one', async () => {
    const output = path.join(folder, 'pair');
    const made = { model: 'a.gguf', rank: 4 };
    const { made: file } = await openPairFolder(output, made);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(made);
    await openPairFolder(output, { rank: 4, model: 'a.gguf' });
    await expect(openPairFolder(output, { ...made, rank: 8 })).rejects.toThrow('differs in rank');
  });
});

describe('the Python of tuning', () => {
  it('must be there, and have what tuning needs', async () => {
    const none = path.join(folder, 'none');
    await expect(findTuningPython({ python: none })).rejects.toThrow('there is no such program');
    const bare = path.join(folder, 'bare');
    await writeFile(
      bare,
      '#!/bin/sh\necho "ModuleNotFoundError: No module named torch" >&2\nexit 1\n',
      {
        mode: 0o755,
      },
    );
    await expect(findTuningPython({ python: bare })).rejects.toThrow(
      /No module named torch\. It needs .*requirements\.txt/,
    );
  });
});
