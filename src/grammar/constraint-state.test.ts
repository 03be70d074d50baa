import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runs } from '../../test/support/runs.ts';
import { matchesGrammar } from '../../test/support/grammar-matcher.ts';
import { everyByte, pieceVocabulary, tokensOf } from '../../test/support/piece-vocabulary.ts';
import { alphabet, randomGrammars } from '../../test/support/random-grammars.ts';
import {
  ConstraintError,
  EmptySupportError,
  ContractError,
  type ConstraintState,
  type TokenId,
  type Vocabulary,
} from '../spec/index.ts';
import type { Automaton } from './automaton.ts';
import { createConstraintState } from './bind-constraint.ts';
import { compileConstraint } from './compile-constraint.ts';
import { compileGrammar } from './compile-grammar.ts';
import { parseGbnf } from './gbnf.ts';
import type { Grammar } from './grammar.ts';
import type { Configuration } from './configuration.ts';
import { Recogniser } from './recogniser.ts';
import { shortestTexts } from './shortest.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Spells everything, in whole and half characters, with a long token and two that are alike. */
const completeVocabulary = pieceVocabulary([
  ...everyByte,
  ...['ab', 'ba', 'aé', 'éb', '€', '😀a', 'aaaa', 'b€é', 'a'.repeat(40), 'ab'].map(encode),
  Uint8Array.of(0x62, 0xc3),
  Uint8Array.of(0xa9, 0x61),
  Uint8Array.of(0x9f, 0x98),
]);

/** Lacks most bytes by themselves. */
const partialVocabulary = pieceVocabulary([
  ...['a', 'b', 'ab', 'é', 'aè', '€b', '😀', 'bb'].map(encode),
  Uint8Array.of(0xc3),
  Uint8Array.of(0xa9),
]);

const vocabularies = fc.constantFrom(completeVocabulary, partialVocabulary);

interface Subject {
  readonly grammar: Grammar;
  readonly automaton: Automaton;
  readonly vocabulary: Vocabulary;
  readonly state: ConstraintState;
}

/** Grammars that some text matches. */
const subjects: fc.Arbitrary<Subject> = fc
  .tuple(randomGrammars, vocabularies)
  .map(([grammar, vocabulary]) => {
    try {
      const automaton = compileGrammar(grammar);
      const state = createConstraintState({ ignored: [], automaton }, vocabulary);
      return { grammar, automaton, vocabulary, state };
    } catch (error) {
      if (error instanceof ConstraintError && error.message.includes('No text')) return undefined;
      throw error;
    }
  })
  .filter((subject) => subject !== undefined);

/** Numbers in [0, 1) that choose among allowed tokens. */
const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 12,
});

const pick = (tokens: readonly TokenId[], draw: number): TokenId =>
  tokens[Math.floor(draw * tokens.length)]!;

const bytesOf = (vocabulary: Vocabulary, tokens: readonly TokenId[]): number[] =>
  tokens.flatMap((tokenId) => [...vocabulary.piece(tokenId)]);

/** Reads bytes from the beginning, with nothing remembered. */
function read(automaton: Automaton, bytes: Iterable<number>): Configuration | null {
  const recogniser = new Recogniser(automaton, automaton.shortest);
  let at: Configuration | null = recogniser.start;
  for (const byte of bytes) {
    at = recogniser.advance(at, byte);
    if (at === null) return null;
  }
  return at;
}

/** Tokens that stand for text. */
function textTokens(vocabulary: Vocabulary): TokenId[] {
  const { size, special } = vocabulary;
  return Array.from({ length: size }, (_, tokenId) => tokenId).filter(
    (tokenId) =>
      !vocabulary.isControl(tokenId) &&
      !special.endOfGeneration.includes(tokenId) &&
      vocabulary.piece(tokenId).length > 0,
  );
}

/** Configurations of a search: some grammars nest in so many ways that all texts cannot be tried. */
const mostTried = 20_000;

/**
 * Fewest short tokens that spell the shortest completion, the first in the order of bytes, of those made
 * of bytes that are tokens: found by trying all texts in order, and all ways to cut one.
 */
function createSearch(
  automaton: Automaton,
  vocabulary: Vocabulary,
): (bytes: Iterable<number>) => number {
  const pieces = textTokens(vocabulary).map((tokenId) => vocabulary.piece(tokenId));
  const single = pieces.filter(({ length }) => length === 1).map(([byte]) => byte!);
  const bytes = [...new Set(single)].toSorted((a, b) => a - b);
  const spellable = (from: number, to: number): boolean =>
    bytes.some((byte) => from <= byte && byte <= to);
  const recogniser = new Recogniser(automaton, shortestTexts(automaton, spellable));
  const known = new Map<Configuration, number>();

  const search = (start: Configuration): number => {
    if (start.rest === Infinity) return Infinity; // there may be no end to the search
    const seen = new Set([start]);
    let layer = [{ at: start, text: [] as number[] }];
    for (;;) {
      const whole = layer.find(({ at }) => at.accepting);
      if (whole !== undefined) {
        if (whole.text.length !== start.rest) throw new Error('This is not the shortest text.');
        return fewestTokens(whole.text, pieces);
      }
      fc.pre(seen.size <= mostTried);
      const next: typeof layer = [];
      for (const { at, text } of layer) {
        for (const byte of bytes) {
          const after = recogniser.step(at, byte);
          if (after === null || seen.has(after)) continue;
          seen.add(after);
          next.push({ at: after, text: [...text, byte] });
        }
      }
      layer = next;
    }
  };

  return (text) => {
    let at = recogniser.start;
    for (const byte of text) at = recogniser.step(at, byte)!;
    const need = known.get(at) ?? search(at);
    known.set(at, need);
    return need;
  };
}

function fewestTokens(text: readonly number[], pieces: readonly Uint8Array[]): number {
  const fewest: number[] = [0];
  for (let end = 1; end <= text.length; end++) {
    const ways = pieces
      .filter((piece) => piece.length <= Math.min(end, 32))
      .filter((piece) => piece.every((byte, i) => text[end - piece.length + i] === byte))
      .map((piece) => fewest[end - piece.length]! + 1);
    fewest[end] = Math.min(...ways);
  }
  return fewest[text.length]!;
}

/** Nothing where the mask refuses: no token is allowed, and the answer may not end. */
function maskOf(state: ConstraintState, budget: number): TokenId[] {
  try {
    return tokensOf(state.mask(budget));
  } catch (error) {
    if (error instanceof EmptySupportError || error instanceof ConstraintError) return [];
    throw error;
  }
}

describe('mask', () => {
  it('is what trying every token says, at every step and for every budget', () => {
    fc.assert(
      fc.property(subjects, draws, ({ automaton, vocabulary, state }, choices) => {
        state.truncate(0);
        const needed = createSearch(automaton, vocabulary);
        const tokens: TokenId[] = [];
        for (const draw of choices) {
          const bytes = bytesOf(vocabulary, tokens);
          const here = read(automaton, bytes)!;
          expect(state.canEnd).toBe(here.accepting);
          expect(state.mustEnd).toBe(here.accepting && here.entries.length === 0);
          const needs = new Map<TokenId, number>();
          for (const tokenId of textTokens(vocabulary)) {
            const after = [...bytes, ...vocabulary.piece(tokenId)];
            if (read(automaton, after) === null) continue;
            needs.set(tokenId, needed(after));
          }
          for (const budget of [Infinity, 0, 1, 2, 3, 5, 8]) {
            const wanted = [...needs]
              .filter(([, need]) => need < budget)
              .map(([tokenId]) => tokenId);
            if (here.accepting) wanted.push(...vocabulary.special.endOfGeneration);
            expect(maskOf(state, budget)).toEqual(wanted);
          }
          const allowed = [...needs].filter(([, need]) => need < Infinity);
          if (allowed.length === 0) break;
          const tokenId = allowed[Math.floor(draw * allowed.length)]![0];
          state.accept(tokenId);
          tokens.push(tokenId);
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it(
    'lets an answer end within any budget that suffices at its beginning',
    { tags: ['slow'] },
    () => {
      fc.assert(
        fc.property(subjects, draws, fc.nat(12), (subject, choices, extra) => {
          const { grammar, vocabulary, state } = subject;
          state.truncate(0);
          const shortest = shortestAnswer(state);
          fc.pre(shortest !== undefined);
          let budget = shortest + extra;
          const tokens: TokenId[] = [];
          for (let step = 0; ; step++) {
            const allowed = tokensOf(state.mask(budget));
            const tokenId = pick(allowed, choices[step % choices.length]!);
            state.accept(tokenId);
            if (vocabulary.special.endOfGeneration.includes(tokenId)) break;
            tokens.push(tokenId);
            budget--;
            expect(budget).toBeGreaterThanOrEqual(0);
          }
          const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
          const text = decoder.decode(Uint8Array.from(bytesOf(vocabulary, tokens)));
          expect(matchesGrammar(grammar, text)).toBe(true);
        }),
        { numRuns: runs(500) },
      );
    },
  );

  it('says how many tokens the shortest answer takes where they are too few', () => {
    const state = createConstraintState(
      compileConstraint({ choice: ['aaaaab', 'ab€é'] }),
      completeVocabulary,
    );
    expect(() => state.mask(1)).toThrow(ConstraintError);
    expect(() => state.mask(1)).toThrow('takes 2 tokens, but only 1 are left');
    expect(tokensOf(state.mask(2)).length).toBeGreaterThan(0);
    expect(() => state.mask(-1)).toThrow(ContractError);
    expect(() => state.mask(Number.NaN)).toThrow(ContractError);
  });

  it('says where the vocabulary cannot go on', () => {
    const state = createConstraintState(compileConstraint({ regex: 'a?x' }), partialVocabulary);
    expect(() => state.mask(10)).toThrow(EmptySupportError);
  });

  it('counts long repetitions through tokens of any length', () => {
    const compiled = compileConstraint({ regex: '[ab]{50,200}c' });
    fc.assert(
      fc.property(draws, (choices) => {
        const state = createConstraintState(compiled, completeVocabulary);
        let length = 0;
        for (let step = 0; ; step++) {
          const allowed = tokensOf(state.mask(300));
          const wanted = textTokens(completeVocabulary).filter((tokenId) => {
            const piece = Buffer.from(completeVocabulary.piece(tokenId)).toString('latin1');
            if (piece === 'c') return length >= 50;
            return /^[ab]*$/.test(piece) && length + piece.length <= 200;
          });
          expect(allowed).toEqual(wanted);
          const tokenId = pick(allowed, choices[step % choices.length]!);
          state.accept(tokenId);
          length += completeVocabulary.piece(tokenId).length;
          if (state.mustEnd) break;
        }
      }),
      { numRuns: runs(10) },
    );
  });
});

/** Fewest tokens of an answer, as the error for a budget of none says. */
function shortestAnswer(state: ConstraintState): number | undefined {
  try {
    state.mask(0);
    return 0;
  } catch (error) {
    if (error instanceof EmptySupportError) return undefined;
    return Number(/takes (\d+) tokens/.exec((error as Error).message)![1]);
  }
}

describe('accept and truncate', () => {
  it('come to the same state by any way', { tags: ['slow'] }, () => {
    fc.assert(
      fc.property(subjects, draws, fc.nat(12), draws, (subject, first, keep, second) => {
        const { automaton, vocabulary, state } = subject;
        state.truncate(0);
        const tokens: TokenId[] = [];
        const walk = (choices: readonly number[]): void => {
          for (const draw of choices) {
            const allowed = allowedTokens(state, vocabulary);
            if (allowed.length === 0) return;
            const tokenId = pick(allowed, draw);
            state.accept(tokenId);
            tokens.push(tokenId);
          }
        };
        walk(first);
        tokens.length = Math.min(keep, tokens.length);
        state.truncate(tokens.length);
        walk(second);
        expect(state.length).toBe(tokens.length);
        const again = createConstraintState({ ignored: [], automaton }, vocabulary);
        for (const tokenId of tokens) again.accept(tokenId);
        expect(state.canEnd).toBe(again.canEnd);
        expect(state.mustEnd).toBe(again.mustEnd);
        expect(allowedTokens(state, vocabulary)).toEqual(allowedTokens(again, vocabulary));
        expect(state.forced(Infinity)).toEqual(again.forced(Infinity));
      }),
      { numRuns: runs(300) },
    );
  });

  it('refuse what is not allowed and change nothing by it', () => {
    const compiled = compileConstraint({ regex: 'ab?' });
    const state = createConstraintState(compiled, completeVocabulary);
    const [end] = completeVocabulary.special.endOfGeneration;
    for (const tokenId of [98, end!, end! + 1, -1, 1.5, 1e9]) {
      expect(() => state.accept(tokenId)).toThrow(ContractError);
    }
    for (const length of [-1, 1, 0.5]) {
      expect(() => state.truncate(length)).toThrow(ContractError);
    }
    state.accept(97);
    expect([state.length, state.canEnd, state.mustEnd]).toEqual([1, true, false]);
    state.accept(end!);
    expect([state.length, state.canEnd, state.mustEnd]).toEqual([2, true, true]);
    expect(() => state.accept(98)).toThrow(ContractError);
    state.truncate(1);
    state.accept(98);
    expect(state.mustEnd).toBe(true);
    expect(tokensOf(state.mask(0))).toEqual([end]);
  });
});

function allowedTokens(state: ConstraintState, { special }: Vocabulary): TokenId[] {
  return maskOf(state, Infinity).filter((tokenId) => !special.endOfGeneration.includes(tokenId));
}

describe('forced', () => {
  const vocabulary = pieceVocabulary([
    ...everyByte,
    ...['{"', 'name', '":', 'na', 'é', 'éa'].map(encode),
  ]);
  const forced = (regex: string, before = ''): string[] => {
    const state = createConstraintState(compileConstraint({ regex }), vocabulary);
    for (const byte of encode(before)) state.accept(byte);
    return state.forced(Infinity).map((tokenId) => vocabulary.label(tokenId));
  };

  it('is the text that must follow, without the token that may merge', () => {
    expect(forced('\\{"name":[0-9]')).toEqual(['{"', 'name']);
    expect(forced('\\{"name":')).toEqual(['{"', 'name', '":']);
    expect(forced('\\{"name":', '{"n')).toEqual(['a', 'm', 'e', '":']);
    expect(forced('\\{"name":(x)?')).toEqual(['{"', 'name']);
  });

  it('is empty where there is a choice, or less than two tokens', () => {
    expect(forced('name')).toEqual([]);
    expect(forced('name[ab]')).toEqual([]);
    expect(forced('a?name":')).toEqual([]);
    expect(forced('name', 'name')).toEqual([]);
    expect(forced('ab', 'a')).toEqual([]);
  });

  it('cuts no character in two', () => {
    const latin = (text: string): string => Buffer.from(text).toString('latin1');
    expect(forced('aé[é-ê]')).toEqual([]); // ends in half a character
    expect(forced('aéé[é-ê]')).toEqual(['a', latin('é')]);
    const state = createConstraintState(compileConstraint({ regex: 'éaaaa' }), vocabulary);
    state.accept(0xc3);
    expect(state.forced(Infinity)).toEqual([]);
  });

  it('spells nothing that the tokenizer writes differently', () => {
    const spaced: Vocabulary = {
      ...vocabulary,
      tokenize: (text, options) => vocabulary.tokenize(` ${text}`, options),
    };
    const state = createConstraintState(compileConstraint({ regex: '\\{"name":' }), spaced);
    expect(state.forced(Infinity)).toEqual([]);
  });

  it('is allowed token by token', { tags: ['slow'] }, () => {
    fc.assert(
      fc.property(subjects, draws, ({ state, vocabulary: tokens }, choices) => {
        fc.pre(tokens === completeVocabulary);
        state.truncate(0);
        for (const draw of choices) {
          const { length } = state;
          const certain = state.forced(Infinity);
          for (const tokenId of certain) state.accept(tokenId);
          expect(state.length).toBe(length + certain.length);
          state.truncate(length);
          const allowed = allowedTokens(state, tokens);
          if (allowed.length === 0) return;
          state.accept(pick(allowed, draw));
        }
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('the alphabet of the tests', () => {
  it('has characters of every length that begin alike', () => {
    expect(alphabet.map((character) => encode(character).length)).toEqual([1, 1, 2, 2, 3, 4]);
    expect(compileGrammar(parseGbnf('root ::= [éè]')).size).toBe(3);
  });
});
