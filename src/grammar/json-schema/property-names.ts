import { ConstraintError } from '../../spec/index.ts';
import { anyText } from '../code-points.ts';
import type { Expression } from '../grammar.ts';
import { acceptedValues } from './acceptance.ts';
import type { SchemaReader } from './alternatives.ts';
import type { Conjunction } from './conjunction.ts';
import type { SchemaNode } from './document.ts';
import { both, choice, rule, sequence, text } from './expressions.ts';
import { schemaLimits } from './limits.ts';
import { knownNames } from './members.ts';
import { areDisjoint } from './pattern-heads.ts';
import type { Pattern } from './pattern.ts';
import { isAnyString, type ObjectFacets } from './shape.ts';
import { spell, spellText } from './spelling.ts';
import { contentExpression } from './strings.ts';

/** Properties that the schemas do not name, and that the same schemas hold for. */
export interface PropertyKind {
  /** The name with its quotes. */
  readonly name: Expression;
  readonly nodes: readonly SchemaNode[];
}

/**
 * Every kind of property that the schemas do not name: one for each subset of the patterns, of names
 * that match these patterns and no others. A kind may have no names.
 * @param allowed - What the names must be, as they are spelled; `undefined` is anything.
 * @throws ConstraintError if there are too many patterns.
 */
export function unnamedProperties(
  facets: ObjectFacets,
  pointer: string,
  allowed: Expression | undefined,
): PropertyKind[] {
  const patterns = patternsOf(facets);
  const names = knownNames(facets);
  return subsets(patterns, pointer).map((matched) => ({
    name: nameExpression(
      matched,
      patterns.filter(
        (pattern) =>
          !matched.includes(pattern) && !matched.some((each) => areDisjoint(each, pattern)),
      ),
      names,
      allowed,
    ),
    nodes: nodesMatched(facets, matched),
  }));
}

function patternsOf({ parts }: ObjectFacets): Pattern[] {
  const patterns = parts.flatMap((part) => part.patterns.map(({ pattern }) => pattern));
  return [...new Map(patterns.map((pattern) => [pattern.name, pattern])).values()];
}

/** Those of patterns that one name may match. @throws ConstraintError if there are too many. */
function subsets(patterns: readonly Pattern[], pointer: string): Pattern[][] {
  return patterns.reduce<Pattern[][]>(
    (all, pattern) => {
      const more = all.filter((subset) => !subset.some((each) => areDisjoint(each, pattern)));
      if (all.length + more.length > schemaLimits.nameKinds) {
        throw new ConstraintError(
          pointer,
          `patternProperties at ${pointer}: ${patterns.length} patterns hold for one object, and a name may match them in ` +
            `more than ${schemaLimits.nameKinds} ways. Let them begin with different texts (^a-, ^b-).`,
        );
      }
      return [...all, ...more.map((subset) => [...subset, pattern])];
    },
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
  allowed: Expression | undefined,
): Expression {
  const excluded = [
    ...names.map((name) => text(spellText(name))),
    ...unmatched.map(({ expression }) => spell(expression)),
  ];
  const wanted = matched.map(({ expression }) => spell(expression));
  if (allowed !== undefined) wanted.push(allowed);
  if (wanted.length + excluded.length === 0) return rule('string');
  const item = wanted.length === 0 ? spell(anyText) : both(wanted);
  const content: Expression =
    excluded.length === 0 ? item : { kind: 'except', item, excluded: choice(excluded) };
  return sequence(text('"'), content, text('"'));
}

/** The texts that fit a conjunction, as JSON spells them without the quotes; `undefined` where all do. */
export function spelledTexts(
  reader: SchemaReader,
  conjunction: Conjunction,
): Expression | undefined {
  const shapes = reader.alternatives(conjunction).shapes.filter(({ types }) => types.has('string'));
  const options = shapes.map((shape) => {
    if (shape.values === undefined) return spell(contentExpression(shape.string));
    const texts = acceptedValues(reader, shape).filter((value) => typeof value === 'string');
    return choice(texts.map((each) => text(spellText(each))));
  });
  const isAny = shapes.some(({ values, string }) => values === undefined && isAnyString(string));
  return isAny ? undefined : choice(options);
}
