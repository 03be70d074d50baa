import { ConstraintError } from '../../spec/index.ts';
import { createConjunction, type Conjunction } from './conjunction.ts';
import { pointerTo, type SchemaDocument, type SchemaNode, type SchemaObject } from './document.ts';
import { checkKeywords, keywordOf, listOf, malformed, namesOf } from './keywords.ts';
import { schemaLimits } from './limits.ts';
import { refusedShapes, withoutProperty } from './negation.ts';
import { createPatterns } from './pattern.ts';
import { readShape } from './read-shape.ts';
import { anyShape, meetShapes, onlyType, withoutConflicts, type Shape } from './shape.ts';

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
  /** The `oneOf`s met so far. Grows while it is iterated. */
  readonly oneOfs: ReadonlySet<SchemaNode>;
}

/**
 * Of the options of a `oneOf`, by its pointer and the option's index: which others a value of it might also fit. All
 * others are told apart; where none are named it is read as `anyOf`.
 */
export type Overlaps = ReadonlyMap<string, readonly (readonly SchemaNode[] | undefined)[]>;

interface Applied {
  readonly target: SchemaNode | undefined;
  /** Of `anyOf`, and of `oneOf`. */
  readonly options: readonly SchemaNode[];
  readonly chosen: readonly SchemaNode[];
  readonly refused: SchemaNode | undefined;
  readonly condition: {
    readonly test: SchemaNode;
    readonly kept: SchemaNode;
    readonly otherwise: SchemaNode;
  } | null;
  readonly dependencies: readonly Dependency[];
}

/** What an object must fit that has a property. */
interface Dependency {
  readonly name: string;
  /** Other properties; or a schema. */
  readonly required?: readonly string[];
  readonly schema?: SchemaNode;
}

/** `dependentRequired` and `dependentSchemas`, which were `dependencies` before draft 2019-09. */
function readDependencies(document: SchemaDocument, node: SchemaNode): Dependency[] {
  const keywords = ['dependentRequired', 'dependentSchemas', 'dependencies'];
  return keywords.flatMap((keyword) =>
    namesOf(node, keyword).map((name): Dependency => {
      const value = (keywordOf(node, keyword) as SchemaObject)[name]!;
      if (keyword !== 'dependentSchemas' && Array.isArray(value)) {
        if (value.every((each) => typeof each === 'string')) return { name, required: value };
        const place = pointerTo(node.pointer, keyword, name);
        throw new ConstraintError(place, `${keyword} at ${place} must be a list of names.`);
      }
      if (keyword === 'dependencies' && typeof value === 'string') {
        return { name, required: [value] }; // as draft 3 had it
      }
      return { name, schema: document.child(node, keyword, name) };
    }),
  );
}

function pairsOf<Item>(items: readonly Item[]): (readonly [Item, Item])[] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b] as const));
}

const anything: Alternatives = { shapes: [anyShape] };

export function createSchemaReader(
  document: SchemaDocument,
  exclusive: Overlaps = new Map(),
): SchemaReader {
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
    if (node.schema === !node.isNegated) return anything;
    if (node.schema === node.isNegated) return { shapes: [], conflict: 'the schema is false' };
    checkKeywords(document, node);
    return node.isNegated ? readNegation(node) : readAssertion(node);
  };

  const readAssertion = (node: SchemaNode): Alternatives => {
    const factors = [single(readShape(document, patterns, node))];
    const { target, options, chosen, refused, condition, dependencies } = appliedBy(node);
    if (target !== undefined) factors.push(ofNode(target));
    for (const child of subschemas(node, 'allOf')) factors.push(ofNode(child));
    if (options.length > 0) factors.push(union(options.map(ofNode)));
    if (chosen.length > 0) {
      const overlaps = exclusive.get(node.pointer) ?? [];
      factors.push(union(chosen.map((option, i) => alone(option, overlaps[i] ?? []))));
      oneOfs.add(node);
    }
    if (refused !== undefined) factors.push(ofNode(document.negation(refused)));
    if (condition !== null) {
      const { test, kept, otherwise } = condition;
      factors.push(union([both(test, kept), both(document.negation(test), otherwise)]));
    }
    for (const { name, required, schema } of dependencies) {
      const { types } = anyShape;
      const lacking = single({ ...withoutProperty(document, node.pointer, name), types });
      const kept = required
        ? single(onlyType('object', node.pointer, { required }))
        : ofNode(schema!);
      factors.push(union([lacking, kept]));
    }
    return product(factors, node.pointer, work);
  };

  /** By De Morgan: one way for each thing that may be broken. */
  const readNegation = (node: SchemaNode): Alternatives => {
    const { target, options, chosen, refused, condition, dependencies } = appliedBy(node);
    const not = (child: SchemaNode): SchemaNode => document.negation(child);
    const none = (children: readonly SchemaNode[]): Alternatives =>
      product(
        children.map((child) => ofNode(not(child))),
        node.pointer,
        work,
      );
    const ways: Alternatives[] = refusedShapes(document, patterns, plain(node)).map(single);
    if (target !== undefined) ways.push(ofNode(not(target)));
    for (const child of subschemas(node, 'allOf')) ways.push(ofNode(not(child)));
    if (options.length > 0) ways.push(none(options));
    if (chosen.length > 0) {
      ways.push(none(chosen), ...pairsOf(chosen).map(([a, b]) => both(a, b)));
    }
    if (refused !== undefined) ways.push(ofNode(refused));
    if (condition !== null) {
      const { test, kept, otherwise } = condition;
      ways.push(both(test, not(kept)), both(not(test), not(otherwise)));
    }
    for (const { name, required, schema } of dependencies) {
      const having = single(onlyType('object', node.pointer, { required: [name] }));
      const broken = required
        ? required.map((each) => single(withoutProperty(document, node.pointer, each)))
        : [ofNode(not(schema!))];
      ways.push(...broken.map((way) => product([having, way], node.pointer, work)));
    }
    return { ...union(ways), conflict: 'every value fits what it must not fit' };
  };

  const plain = (node: SchemaNode): SchemaNode => (node.isNegated ? document.negation(node) : node);

  const both = (a: SchemaNode, b: SchemaNode): Alternatives =>
    product([ofNode(a), ofNode(b)], a.pointer, work);

  /** The values of an option of a `oneOf` that fit none of those it shares values with. */
  const alone = (option: SchemaNode, others: readonly SchemaNode[]): Alternatives =>
    product(
      [option, ...others.map((other) => document.negation(other))].map(ofNode),
      option.pointer,
      work,
    );

  /** The schemas that a schema applies to the same value. */
  const appliedBy = (node: SchemaNode): Applied => {
    const ref = keywordOf(node, '$ref');
    const child = (keyword: string): SchemaNode | undefined =>
      keywordOf(node, keyword) === undefined ? undefined : document.child(node, keyword);
    const test = child('if');
    return {
      target: ref === undefined ? undefined : document.target(node, ref),
      options: subschemas(node, 'anyOf'),
      chosen: subschemas(node, 'oneOf'),
      refused: child('not'),
      condition:
        test === undefined
          ? null
          : {
              test,
              kept: child('then') ?? document.anything,
              otherwise: child('else') ?? document.anything,
            },
      dependencies: readDependencies(document, node),
    };
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
