import type { Expression, Grammar } from '../../src/grammar/grammar.ts';
import { referred } from './grammar-derivative.ts';
import { writtenOutList } from './grammar-lists.ts';

/** Whether a grammar's root matches a whole text: all ends are tried, as the definition says. */
export function matchesGrammar(grammar: Grammar, text: string): boolean {
  return matchesWhole(grammar, { kind: 'rule', name: grammar.root }, text);
}

export function matchesWhole(grammar: Grammar, expression: Expression, text: string): boolean {
  const codePoints = Array.from(text, (character) => character.codePointAt(0)!);
  return createMatcher(grammar, codePoints)(expression, 0).has(codePoints.length);
}

/** Where matches of an expression from a position end. Rules must not be left-recursive. */
type Matcher = (expression: Expression, start: number) => ReadonlySet<number>;

function createMatcher(grammar: Grammar, codePoints: readonly number[]): Matcher {
  const known = new Map<Expression, Map<number, ReadonlySet<number>>>();

  const ends: Matcher = (expression, start) => {
    const ofExpression = known.get(expression) ?? new Map<number, ReadonlySet<number>>();
    known.set(expression, ofExpression);
    const found = ofExpression.get(start) ?? findEnds(expression, start);
    ofExpression.set(start, found);
    return found;
  };

  const fromEach = (item: Expression, starts: Iterable<number>): Set<number> =>
    new Set(Array.from(starts).flatMap((start) => [...ends(item, start)]));

  const findEnds: Matcher = (expression, start) => {
    if (expression.kind === 'text') {
      const wanted = Array.from(expression.text, (character) => character.codePointAt(0)!);
      const isHere = wanted.every((codePoint, i) => codePoints[start + i] === codePoint);
      return new Set(isHere ? [start + wanted.length] : []);
    }
    if (expression.kind === 'class') {
      const codePoint = codePoints[start];
      const isHere =
        codePoint !== undefined &&
        expression.ranges.some(([from, to]) => from <= codePoint && codePoint <= to);
      return new Set(isHere ? [start + 1] : []);
    }
    if (expression.kind === 'sequence') {
      let reached = new Set([start]);
      for (const item of expression.items) reached = fromEach(item, reached);
      return reached;
    }
    if (expression.kind === 'choice') {
      return new Set(expression.options.flatMap((option) => [...ends(option, start)]));
    }
    if (expression.kind === 'repeat') {
      const { item, min, max } = expression;
      const all = new Set<number>();
      let reached = new Set([start]);
      for (let count = 0; reached.size > 0; count++) {
        const before = all.size;
        if (count >= min) for (const end of reached) all.add(end);
        if (count === max || (count > min && all.size === before)) break;
        reached = fromEach(item, reached);
      }
      return all;
    }
    if (expression.kind === 'list') return ends(writtenOutList(expression), start);
    if (expression.kind === 'both') {
      const [first, ...others] = expression.items.map((item) => ends(item, start));
      return new Set([...first!].filter((end) => others.every((set) => set.has(end))));
    }
    if (expression.kind === 'except') {
      const excluded = ends(expression.excluded, start);
      return new Set([...ends(expression.item, start)].filter((end) => !excluded.has(end)));
    }
    if (expression.kind === 'token') return new Set(); // is no text
    return ends(referred(grammar, expression), start);
  };

  return ends;
}
