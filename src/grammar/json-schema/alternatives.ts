import { ConstraintError } from '../../spec/index.ts';
import { createConjunction, type Conjunction } from './conjunction.ts';
import type { SchemaDocument, SchemaNode } from './document.ts';
import { checkKeywords, keywordOf, listOf, malformed } from './keywords.ts';
import { schemaLimits } from './limits.ts';
import { createPatterns } from './pattern.ts';
import { readShape } from './read-shape.ts';
import { anyShape, meetShapes, withoutConflicts, type Shape } from './shape.ts';

/** The ways in which a value may fit: what `anyOf` offers, multiplied out. */
interface Alternatives {
  readonly shapes: readonly Shape[];
  /** Why the last alternative that was left out cannot be. */
  readonly conflict?: string | undefined;
}

/** Schemas as the shapes that they mean, each worked out once. */
export interface SchemaReader {
  readonly document: SchemaDocument;
  conjunction(nodes: readonly SchemaNode[]): Conjunction;
  /** @throws ConstraintError for what is not supported, or beyond the limits. */
  alternatives(conjunction: Conjunction): Alternatives;
  /** The `oneOf`s met so far; they are read as `anyOf`. Grows while it is iterated. */
  readonly oneOfs: ReadonlySet<SchemaNode>;
}

const anything: Alternatives = { shapes: [anyShape] };

export function createSchemaReader(document: SchemaDocument): SchemaReader {
  const ofNodes = new Map<SchemaNode, Alternatives>();
  const ofConjunctions = new Map<string, Alternatives>();
  const oneOfs = new Set<SchemaNode>();
  const path = new Set<SchemaNode>();
  const patterns = createPatterns();
  const work = { pairs: 0 };

  const ofNode = (node: SchemaNode): Alternatives => {
    const known = ofNodes.get(node);
    if (known !== undefined) return known;
    checkPath(node);
    path.add(node);
    const read = readNode(node);
    path.delete(node);
    ofNodes.set(node, read);
    return read;
  };

  const checkPath = (node: SchemaNode): void => {
    if (path.has(node)) {
      throw new ConstraintError(
        node.pointer,
        `The schema at ${node.pointer} applies itself to the same value, without end.`,
      );
    }
    if (path.size >= schemaLimits.references) {
      throw new ConstraintError(
        node.pointer,
        `More than ${schemaLimits.references} schemas apply one another at ${node.pointer}.`,
      );
    }
  };

  const readNode = (node: SchemaNode): Alternatives => {
    if (node.schema === true) return anything;
    if (node.schema === false) return { shapes: [], conflict: 'the schema is false' };
    checkKeywords(node);
    const factors = [single(readShape(document, patterns, node))];
    const ref = keywordOf(node, '$ref');
    if (ref !== undefined) factors.push(ofNode(document.target(node, ref)));
    for (const child of subschemas(node, 'allOf')) factors.push(ofNode(child));
    for (const keyword of ['anyOf', 'oneOf']) {
      const options = subschemas(node, keyword);
      if (options.length > 0) factors.push(union(options.map(ofNode)));
    }
    if (keywordOf(node, 'oneOf') !== undefined) oneOfs.add(node);
    return product(factors, node.pointer, work);
  };

  const subschemas = (node: SchemaNode, keyword: string): SchemaNode[] => {
    const list = listOf(node, keyword);
    if (list?.length === 0) throw malformed(node, keyword, 'a list of at least one schema');
    return (list ?? []).map((_, i) => document.child(node, keyword, i));
  };

  return {
    document,
    oneOfs,
    conjunction: (nodes) => createConjunction(document, nodes),
    alternatives: (conjunction) => {
      const known = ofConjunctions.get(conjunction.key);
      if (known !== undefined) return known;
      const { nodes } = conjunction;
      if (ofConjunctions.size >= schemaLimits.conjunctions) {
        throw new ConstraintError(
          nodes[0]?.pointer ?? '#',
          `The schema asks for more than ${schemaLimits.conjunctions} combinations of its parts.`,
        );
      }
      const read = product(nodes.map(ofNode), nodes[0]?.pointer ?? '#', work);
      ofConjunctions.set(conjunction.key, read);
      return read;
    },
  };
}

/** The options of a `oneOf`. @throws ConstraintError if there are too many to compare. */
export function oneOfOptions(document: SchemaDocument, node: SchemaNode): SchemaNode[] {
  const options = listOf(node, 'oneOf') ?? [];
  if (options.length > schemaLimits.oneOfOptions) {
    throw malformed(
      node,
      'oneOf',
      `a list of at most ${schemaLimits.oneOfOptions} schemas; use anyOf`,
    );
  }
  return options.map((_, i) => document.child(node, 'oneOf', i));
}

function single(shape: Shape): Alternatives {
  const left = withoutConflicts(shape);
  return typeof left === 'string' ? { shapes: [], conflict: left } : { shapes: [left] };
}

function union(options: readonly Alternatives[]): Alternatives {
  return {
    shapes: [...new Set(options.flatMap(({ shapes }) => shapes))],
    conflict: options.at(-1)?.conflict,
  };
}

/** @param work - The pairs of shapes that were met so far, counted on. */
function product(
  factors: readonly Alternatives[],
  pointer: string,
  work: { pairs: number },
): Alternatives {
  let shapes: readonly Shape[] = anything.shapes;
  let conflict = factors.find((factor) => factor.shapes.length === 0)?.conflict;
  for (const factor of factors) {
    work.pairs += shapes.length * factor.shapes.length;
    if (work.pairs > schemaLimits.pairs) throw tooMany(pointer);
    const met: Shape[] = [];
    for (const a of shapes) {
      for (const b of factor.shapes) {
        const left = withoutConflicts(meetShapes(a, b));
        if (typeof left === 'string') conflict = left;
        else met.push(left);
      }
    }
    if (met.length > schemaLimits.alternatives) throw tooMany(pointer);
    shapes = met;
  }
  return { shapes, conflict };
}

function tooMany(pointer: string): ConstraintError {
  return new ConstraintError(
    pointer,
    `At ${pointer} the schema offers more than ${schemaLimits.alternatives} alternatives, or more than ` +
      `${schemaLimits.pairs} pairs of them in all. Put anyOf below the properties that differ, or use enum.`,
  );
}
