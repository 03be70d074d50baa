import * as fc from 'fast-check';

import type { Expression, Grammar } from '../../src/grammar/grammar.ts';

/** Of one to four bytes; some share their first bytes. */
export const alphabet = ['a', 'b', 'é', 'è', '€', '😀'];

const codePoint = (character: string): number => character.codePointAt(0)!;

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 3 }).map((text) => ({
    kind: 'text' as const,
    text,
  })),
  fc.constantFrom(['a', 'b'], ['b', 'é'], ['è', '😀'], ['a', '😀']).map(([from, to]) => ({
    kind: 'class' as const,
    ranges: [[codePoint(from), codePoint(to)]] as const,
  })),
);

/** Of one character: many ways to have no separator would be too many ways to read a text. */
const marks = fc.constantFrom(...alphabet).map((text) => ({ kind: 'text' as const, text }));

const counts = fc.constantFrom([0, 1], [0, 2], [1, 3], [2, 2], [0, Infinity], [1, Infinity]);

function nested(inner: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  const several = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    several.map((items) => ({ kind: 'sequence' as const, items })),
    several.map((options) => ({ kind: 'choice' as const, options })),
    fc
      .tuple(fc.array(fc.tuple(inner, fc.boolean()), { maxLength: 3 }), fc.option(inner), marks)
      .filter(([items, others]) => items.length > 0 || others !== null)
      .map(([items, others, separator]) => ({
        kind: 'list' as const,
        items: items.map(([expression, isOptional]) => ({ expression, isOptional })),
        others: others ?? undefined,
        separator,
      })),
    fc
      .tuple(inner, counts)
      .map(([item, [min, max]]) => ({ kind: 'repeat' as const, item, min, max })),
  );
}

function combined(inner: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.oneof(
    fc.tuple(inner, inner).map((items) => ({ kind: 'both' as const, items })),
    fc.tuple(inner, inner).map(([item, excluded]) => ({ kind: 'except' as const, item, excluded })),
  );
}

/** Expressions without rules. */
const regular = nested(nested(leaf));

/** An expression that may refer to the rules of `any` behind a character, and to those of `later` anywhere. */
function expressionOf(any: readonly string[], later: readonly string[]): fc.Arbitrary<Expression> {
  const guarded = fc
    .tuple(fc.constantFrom(...alphabet), fc.constantFrom(...any))
    .map(([text, name]) => ({
      kind: 'sequence' as const,
      items: [
        { kind: 'text' as const, text },
        { kind: 'rule' as const, name },
      ],
    }));
  const plain =
    later.length === 0
      ? leaf
      : fc.constantFrom(...later).map((name) => ({ kind: 'rule' as const, name }));
  const atom = fc.oneof(leaf, leaf, guarded, plain, combined(regular));
  return nested(fc.oneof(atom, nested(atom)));
}

/** Grammars of four rules that may be recursive, though not left-recursive; some match nothing. */
export const randomGrammars: fc.Arbitrary<Grammar> = (() => {
  const names = ['root', 'first', 'second', 'third'];
  const rules = names.map((_, i) => expressionOf(names, names.slice(i + 1)));
  return fc.tuple(...rules).map((expressions) => ({
    root: 'root',
    rules: new Map(names.map((name, i) => [name, expressions[i]!])),
  }));
})();

export const randomTexts = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 6 });
