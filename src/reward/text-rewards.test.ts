import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, endToken } from '../../test/support/byte-vocabulary.ts';
import { byteAnswer, scoreTexts } from '../../test/support/score-texts.ts';
import { InvalidOptionError, RewardError } from '../spec/index.ts';
import { functionReward } from './function-reward.ts';
import { lengthReward } from './length-reward.ts';
import type { LengthUnit } from './length-reward.ts';
import { patternsReward } from './patterns-reward.ts';
import { readabilityReward } from './readability-reward.ts';
import { countSyllables, readingGrade } from './reading-grade.ts';
import { countSentences, wordsOf } from './text-measures.ts';
import { wordsReward } from './words-reward.ts';

describe('words', () => {
  const count = (word: string, text: string, caseSensitive = false) =>
    scoreTexts(wordsReward({ name: 'words', words: new Map([[word, 1]]), caseSensitive }), [
      text,
    ]).then(([value]) => value);

  it.each([
    ['cat', 'a cat, CAT; "Cat" cats category bobcat cat', 4],
    ['can', "I can, you can't, he can’t", 1],
    ['t', "can't", 0],
    ['New York', 'new\n  york and New Yorker', 1],
    ['C++', 'C++, c++ and C+++', 3],
    ['é', 'e\u0301 é éa', 2],
    ['straße', 'Die STRAßE', 1],
    ['北京', '我在北京住', 1],
    ['nana', 'nana nanana nana', 2],
    ['3', '3 3.14 3', 2],
    ['oh oh', 'oh oh oh ohoh', 2],
    ['a', 'a a\ta', 3],
    ['🙂', 'so 🙂🙂!', 2],
  ])('finds whole ones: %s in %j', async (word, text, expected) => {
    expect(await count(word, text)).toBe(expected);
  });

  it('tells capitals apart if asked', async () => {
    expect(await count('Cat', 'cat Cat CAT', true)).toBe(1);
  });

  it('adds up weights', async () => {
    const words = new Map([
      ['please', 2],
      ['no', -0.5],
      ['no thanks', 4],
    ]);
    expect(await scoreTexts(wordsReward({ name: 'w', words }), ['No, please. No thanks!'])).toEqual(
      [2 - 1 + 4],
    );
  });

  it('agrees with splitting at spaces', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'aa', 'b', 'ab', 'A')), async (given) => {
        const expected = given.filter((word) => word.toLowerCase() === 'a').length;
        expect(await count('a', given.join(' '))).toBe(expected);
      }),
    ));

  it.each([
    ['', 1],
    [' \n', 1],
    ['a', Number.NaN],
    ['a', Infinity],
  ])('refuses %j of weight %d', (word, weight) => {
    expect(() => wordsReward({ name: 'w', words: new Map([[word, weight]]) })).toThrow(
      InvalidOptionError,
    );
  });
});

describe('patterns', () => {
  const score = (pattern: string, text: string) =>
    scoreTexts(patternsReward({ name: 'p', patterns: new Map([[pattern, 2]]) }), [text]);

  it.each([
    ['a', 'banana', 6],
    ['ana', 'banana', 2],
    ['x*', 'axxa', 2],
    ['(?i)^yes', 'YES. yes', 2],
    ['(?m)^- ', '- one\n- two', 4],
    ['\\p{Han}+', 'in 北京 und 東京', 4],
  ])('counts matches that do not overlap: %s in %j', async (pattern, text, expected) => {
    expect(await score(pattern, text)).toEqual([expected]);
  });

  it('agrees with native expressions', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('a+', '[ab]c', '(a|b)(b|c)?', 'a.c', '\\bab', 'c$'),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 30 }),
        async (pattern, text) => {
          const native = text.match(new RegExp(pattern, 'gu')) ?? [];
          expect(await score(pattern, text)).toEqual([2 * native.length]);
        },
      ),
    ));

  it('takes linear time where others take exponential time', async () => {
    expect(await score('(a+)+$', `${'a'.repeat(5000)}b`)).toEqual([0]);
  });

  it.each([
    ['(', 'does not parse'],
    ['(?=a)', 'RE2'],
    ['(a)\\1', 'RE2'],
    ['a{1000}b{1000}', '2000'],
  ])('refuses %s', (pattern, says) => {
    const create = () => patternsReward({ name: 'p', patterns: new Map([[pattern, 1]]) });
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(says);
  });

  it('refuses weights that are no numbers', () => {
    expect(() => patternsReward({ name: 'p', patterns: new Map([['a', Number.NaN]]) })).toThrow(
      InvalidOptionError,
    );
  });
});

describe('length', () => {
  const text = 'One two. 北京 é🙂';
  it.each<[LengthUnit, number]>([
    ['characters', 14],
    ['words', 4],
    ['sentences', 2],
    ['tokens', Buffer.byteLength(text)],
  ])('counts %s', async (unit, n) => {
    for (const target of [1, 4, n, 100]) {
      const reward = lengthReward({ name: 'l', target, unit });
      const expected = 0 - Math.abs(n - target) / target;
      expect((await scoreTexts(reward, [text], { isWhole: true }))[0]).toBeCloseTo(expected, 12);
      const unfinished = 0 - (2 * Math.max(0, n - target)) / target;
      expect((await scoreTexts(reward, [text]))[0]).toBeCloseTo(unfinished, 12);
    }
  });

  it('prefers to go on below the target and to end above it', async () => {
    const session = lengthReward({ name: 'l', target: 3, unit: 'tokens' }).start(byteAnswer);
    const preference: string[] = [];
    for (let n = 0; n < 6; n++) {
      const [ends, goesOn] = await session.score(
        [[endToken], bytesOf('a')],
        new AbortController().signal,
      );
      preference.push(ends! > goesOn! ? 'end' : ends! < goesOn! ? 'go on' : 'either');
      session.accept(bytesOf('a'));
    }
    session[Symbol.dispose]();
    expect(preference).toEqual(['go on', 'go on', 'go on', 'end', 'end', 'end']);
  });

  it('gains as much by an end above the target as it loses by one as far below', async () => {
    const reward = lengthReward({ name: 'l', target: 4, unit: 'tokens' });
    const gainAt = async (n: number) => {
      const score = (isWhole: boolean) => scoreTexts(reward, ['a'.repeat(n)], { isWhole });
      return (await score(true))[0]! - (await score(false))[0]!;
    };
    expect(await Promise.all([1, 4, 7, 12].map(gainAt))).toEqual([-0.75, 0, 0.75, 2]);
  });

  it.each([0, -1, Number.NaN, Infinity])('refuses a target of %d', (target) => {
    expect(() => lengthReward({ name: 'l', target, unit: 'words' })).toThrow(InvalidOptionError);
  });
});

describe('measures of text', () => {
  it('finds words as Unicode does, in scripts with spaces', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
    const parts = fc.constantFrom(
      'word',
      "it's",
      '3.14',
      ' ',
      ', ',
      '. ',
      'naïve',
      '—',
      '(a)',
      '"',
    );
    fc.assert(
      fc.property(fc.array(parts), (given) => {
        const text = given.join(' ');
        const expected = [...segmenter.segment(text)].filter(({ isWordLike }) => isWordLike);
        expect(wordsOf(text)).toEqual(expected.map(({ segment }) => segment));
      }),
    );
  });

  it('counts sentences that say something', () => {
    expect(countSentences('One. Two! Three? … "And four')).toBe(4);
    expect(countSentences(' ... ')).toBe(0);
  });
});

describe('readability', () => {
  it('computes the grade of Kincaid et al.', async () => {
    // 12 words, 2 sentences, 15 syllables.
    const text = 'The old man sat by the river. He was waiting for summer.';
    const grade = 0.39 * (12 / 2) + 11.8 * (15 / 12) - 15.59;
    expect(readingGrade(text)).toBeCloseTo(grade, 12);
    const reward = readabilityReward({ name: 'r', grade: 5 });
    expect((await scoreTexts(reward, [text]))[0]).toBeCloseTo(-Math.abs(grade - 5), 12);
    expect(reward.scope).toBe('answer');
  });

  it('has a value for text without words', () => {
    expect(readingGrade(' … ')).toBeCloseTo(readingGrade('Go.'), 12);
  });

  it('refuses grades that are no numbers', () => {
    expect(() => readabilityReward({ name: 'r', grade: Number.NaN })).toThrow(InvalidOptionError);
  });

  it.each([
    [1, 'a the be make makes whole jumped called strength friend tree words the'],
    [2, 'table tables wanted houses changes boxes handled going being lion giant science people'],
    [2, 'people nation quiet poem special social quickly walking open'],
    [3, 'beautiful idea area radio piano video another syllable usual family museum expression'],
    [4, 'information television geology understanding application impossible'],
  ])('counts %d syllables', (count, words) => {
    const counts = words.split(' ').map((word) => [word, countSyllables(word)]);
    expect(counts).toEqual(words.split(' ').map((word) => [word, count]));
  });
});

describe('a function of the user', () => {
  it('is called once for all candidates, with what it needs to know', async () => {
    const calls: unknown[] = [];
    const reward = functionReward({
      name: 'mine',
      scope: 'answer',
      score(texts, answer) {
        calls.push({ texts, ...answer });
        return new Float32Array([1, 2]);
      },
    });
    expect(await scoreTexts(reward, ['ab', 'c'], { isWhole: true })).toEqual([1, 2]);
    expect(calls).toEqual([
      { texts: ['ab', 'c'], messages: byteAnswer.messages, isWhole: [true, true] },
    ]);
    expect(reward.scope).toBe('answer');
    expect(await scoreTexts(reward, [])).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  it.each<[unknown, string]>([
    [[1], '1 numbers for 2 candidates'],
    [[1, Number.NaN], 'NaN for candidate 1 of 2'],
    [[Infinity, 1], 'Infinity for candidate 0 of 2'],
    [[1, '2'], 'a string for candidate 1 of 2'],
    [[null, 1], 'null for candidate 0 of 2'],
    [undefined, 'undefined where a list of 2 numbers'],
    [7, 'a number where'],
    [{ length: 2 }, 'an object where'],
  ])('may not give %j', async (given, says) => {
    for (const values of [given, Promise.resolve(given)]) {
      const reward = functionReward({ name: 'mine', score: () => values as number[] });
      const scoring = scoreTexts(reward, ['a', 'b']);
      await expect(scoring).rejects.toThrow(RewardError);
      await expect(scoring).rejects.toThrow(`"mine" gave ${says}`);
    }
  });
});
