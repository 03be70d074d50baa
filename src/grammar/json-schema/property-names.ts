import { ConstraintError } from '../../spec/index.ts';
import type { Expression } from '../grammar.ts';
import type { SchemaNode } from './document.ts';
import { both, choice, repeat, rule, sequence, text } from './expressions.ts';
import { schemaLimits } from './limits.ts';
import { knownNames } from './members.ts';
import type { Pattern } from './pattern.ts';
import type { ObjectFacets } from './shape.ts';
import { anyCharacter, spell, spellText } from './spelling.ts';

/** Properties that the schemas do not name, and that the same schemas hold for. */
export interface PropertyKind {
  /** The name with its quotes. */
  readonly name: Expression;
  readonly nodes: readonly SchemaNode[];
}

/**
 * Every kind of property that the schemas do not name: one for each subset of the patterns, of names
 * that match these patterns and no others. A kind may have no names.
 * @throws ConstraintError if there are too many patterns.
 */
export function unnamedProperties(facets: ObjectFacets, pointer: string): PropertyKind[] {
  const patterns = patternsOf(facets);
  if (patterns.length > schemaLimits.patternProperties) {
    throw new ConstraintError(
      pointer,
      `patternProperties at ${pointer}: ${patterns.length} patterns hold for one object; at most ` +
        `${schemaLimits.patternProperties} can.`,
    );
  }
  const names = knownNames(facets);
  return subsets(patterns).map((matched) => ({
    name: nameExpression(
      matched,
      patterns.filter((pattern) => !matched.includes(pattern)),
      names,
    ),
    nodes: nodesMatched(facets, matched),
  }));
}

function patternsOf({ parts }: ObjectFacets): Pattern[] {
  const patterns = parts.flatMap((part) => part.patterns.map(({ pattern }) => pattern));
  return [...new Map(patterns.map((pattern) => [pattern.name, pattern])).values()];
}

function subsets(patterns: readonly Pattern[]): Pattern[][] {
  return patterns.reduce<Pattern[][]>(
    (all, pattern) => all.flatMap((subset) => [subset, [...subset, pattern]]),
    [[]],
  );
}

function nodesMatched({ parts }: ObjectFacets, matched: readonly Pattern[]): SchemaNode[] {
  return parts.flatMap(({ patterns, additional }) => {
    const matching = patterns.filter(({ pattern }) =>
      matched.some(({ name }) => name === pattern.name),
    );
    return matching.length > 0 ? matching.map(({ node }) => node) : (additional ?? []);
  });
}

function nameExpression(
  matched: readonly Pattern[],
  unmatched: readonly Pattern[],
  names: readonly string[],
): Expression {
  const excluded = [
    ...names.map((name) => text(spellText(name))),
    ...unmatched.map(({ expression }) => spell(expression)),
  ];
  if (matched.length === 0 && excluded.length === 0) return rule('string');
  const item =
    matched.length === 0
      ? spell(repeat(anyCharacter, 0, Infinity))
      : spell(both(matched.map(({ expression }) => expression)));
  const content: Expression =
    excluded.length === 0 ? item : { kind: 'except', item, excluded: choice(excluded) };
  return sequence(text('"'), content, text('"'));
}
