import type { Expression, Grammar } from '../../src/grammar/grammar.ts';
import { matchesWhole } from './grammar-matcher.ts';
import { referred } from './grammar-derivative.ts';
import { writtenOutList } from './grammar-lists.ts';

/** Uniform numbers in [0, 1). */
export type Random = () => number;

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** Texts of a grammar, by random walks that turn to the shortest way out when `budget` is spent. */
export interface GrammarSampler {
  /** `undefined` where an intersection or exclusion was not hit by chance. */
  sample(random: Random, budget: number): string | undefined;
}

const attempts = 300;

class MissError extends Error {}

export function createGrammarSampler(grammar: Grammar): GrammarSampler {
  const least = leastLengths(grammar);

  const walk = (expression: Expression, random: Random, purse: { left: number }): string => {
    if (expression.kind === 'text') return spend(purse, expression.text);
    if (expression.kind === 'class') {
      const [from, to] = pick(random, expression.ranges);
      const span = random() < 0.8 ? Math.min(to - from, 90) : to - from;
      return spend(purse, String.fromCodePoint(from + Math.floor(random() * (span + 1))));
    }
    if (expression.kind === 'sequence') {
      return expression.items.map((item) => walk(item, random, purse)).join('');
    }
    if (expression.kind === 'choice') {
      const costs = expression.options.map((option) => least(option));
      const limit = Math.max(purse.left, Math.min(...costs));
      const options = expression.options.filter((_, i) => costs[i]! <= limit);
      if (options.length === 0) throw new MissError();
      return walk(pick(random, options), random, purse);
    }
    if (expression.kind === 'repeat') {
      const { item, min, max } = expression;
      let text = '';
      for (let count = 0; count < max; count++) {
        if (count >= min && (purse.left < least(item) || random() < 0.25)) break;
        text += walk(item, random, purse);
      }
      return text;
    }
    if (expression.kind === 'list') return walk(writtenOutList(expression), random, purse);
    if (expression.kind === 'rule') return walk(referred(grammar, expression), random, purse);
    if (expression.kind === 'token') throw new Error('A control token has no text.');
    return sampleByRejection(expression, random, purse);
  };

  const sampleByRejection = (
    expression: Extract<Expression, { kind: 'both' | 'except' }>,
    random: Random,
    purse: { left: number },
  ): string => {
    const sources = expression.kind === 'both' ? expression.items : [expression.item];
    for (let attempt = 0; attempt < attempts; attempt++) {
      const budget = Math.floor(random() * Math.max(purse.left, 20));
      const text = walk(pick(random, sources), random, { left: budget });
      if (matchesWhole(grammar, expression, text)) return spend(purse, text);
    }
    throw new MissError();
  };

  return {
    sample: (random, budget) => {
      try {
        return walk({ kind: 'rule', name: grammar.root }, random, { left: budget });
      } catch (error) {
        if (error instanceof MissError) return undefined;
        throw error;
      }
    },
  };
}

function spend(purse: { left: number }, text: string): string {
  purse.left -= text.length;
  return text;
}

/** Of every expression, a lower bound of the length of its shortest text. */
function leastLengths(grammar: Grammar): (expression: Expression) => number {
  const ofRules = new Map([...grammar.rules.keys()].map((name) => [name, Infinity]));
  const least = (expression: Expression): number => {
    if (expression.kind === 'text') return expression.text.length;
    if (expression.kind === 'class') return expression.ranges.length > 0 ? 1 : Infinity;
    if (expression.kind === 'sequence') {
      return expression.items.reduce((sum, item) => sum + least(item), 0);
    }
    if (expression.kind === 'choice') return Math.min(...expression.options.map(least));
    if (expression.kind === 'repeat') {
      return expression.min === 0 ? 0 : expression.min * least(expression.item);
    }
    if (expression.kind === 'list') return least(writtenOutList(expression));
    if (expression.kind === 'both') return Math.max(...expression.items.map(least));
    if (expression.kind === 'except') return least(expression.item);
    if (expression.kind === 'token') return Infinity;
    const { name, behind = '' } = expression;
    return Math.max(0, ofRules.get(name)! - behind.length);
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const [name, expression] of grammar.rules) {
      const length = least(expression);
      if (length < ofRules.get(name)!) {
        ofRules.set(name, length);
        changed = true;
      }
    }
  }
  const known = new Map<Expression, number>();
  return (expression) => {
    const length = known.get(expression) ?? least(expression);
    known.set(expression, length);
    return length;
  };
}
