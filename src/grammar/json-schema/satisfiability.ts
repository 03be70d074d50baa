import { ConstraintError } from '../../spec/index.ts';
import { acceptedValues, acceptsValue } from './acceptance.ts';
import type { SchemaReader } from './alternatives.ts';
import type { Conjunction } from './conjunction.ts';
import { itemNodes, prefixLength, propertyNodes } from './members.ts';
import type { JsonType, Shape } from './shape.ts';

/** Which schemas have values at all: finite ones, so recursion needs an end. */
export interface Satisfiability {
  isSatisfiable(conjunction: Conjunction): boolean;
  /** Whether values of the type fit the shape, which lists none. */
  isPossible(shape: Shape, type: JsonType): boolean;
  /** Why a conjunction that is not satisfiable is not, and where. */
  explain(conjunction: Conjunction): ConstraintError;
}

/** A way to a value: it exists if each of the members that it must have does. */
interface Way {
  readonly of: string;
  missing: number;
}

export function createSatisfiability(reader: SchemaReader): Satisfiability {
  const decided = new Map<string, boolean>();

  /** The conjunctions of the members that a value of the type must have. */
  const needs = ({ array, object }: Shape, type: JsonType): Conjunction[] => {
    if (type === 'object') {
      const { names, required } = object;
      const fitting = names.length === 0 ? null : reader.conjunction(names);
      return required.map((name) =>
        fitting === null || acceptsValue(reader, fitting, name)
          ? reader.conjunction(propertyNodes(object, name))
          : reader.conjunction([reader.document.nothing]),
      );
    }
    if (type !== 'array') return [];
    const different = Math.min(array.min, prefixLength(array) + 1);
    const behind = prefixLength(array);
    return [
      ...Array.from({ length: different }, (_, i) => reader.conjunction(itemNodes(array, i))),
      ...array.contains.map(({ node }) => reader.conjunction([...itemNodes(array, behind), node])),
    ];
  };

  /** The members' conjunctions of every way to a value, but ways that end at once. */
  const ways = (conjunction: Conjunction): Conjunction[][] =>
    reader
      .alternatives(conjunction)
      .shapes.flatMap((shape) => {
        if (shape.values !== undefined) return acceptedValues(reader, shape).length > 0 ? [[]] : [];
        return [...shape.types].map((type) => needs(shape, type));
      })
      .filter((members) => members.every((member) => !isImpossible(member)));

  const isImpossible = (conjunction: Conjunction): boolean =>
    reader.alternatives(conjunction).shapes.length === 0;

  const decide = (root: Conjunction): void => {
    const found = new Map([[root.key, root]]);
    const waiting = new Map<string, Way[]>();
    const satisfied: string[] = [];
    for (const conjunction of found.values()) {
      for (const members of ways(conjunction)) {
        const open = new Map(
          members
            .filter(({ key }) => decided.get(key) !== true)
            .map((member) => [member.key, member]),
        );
        const way = { of: conjunction.key, missing: open.size };
        if (open.size === 0) satisfied.push(conjunction.key);
        for (const [key, member] of open) {
          waiting.set(key, [...(waiting.get(key) ?? []), way]);
          if (!decided.has(key)) found.set(key, member);
        }
      }
    }
    for (let key = satisfied.pop(); key !== undefined; key = satisfied.pop()) {
      if (decided.get(key) === true) continue;
      decided.set(key, true);
      for (const way of waiting.get(key) ?? []) {
        if (--way.missing === 0) satisfied.push(way.of);
      }
    }
    for (const key of found.keys()) if (!decided.has(key)) decided.set(key, false);
  };

  const isSatisfiable = (conjunction: Conjunction): boolean => {
    if (!decided.has(conjunction.key)) decide(conjunction);
    return decided.get(conjunction.key)!;
  };

  const explain = (root: Conjunction): ConstraintError => {
    const seen = new Set<string>();
    for (let conjunction = root; ;) {
      const place = conjunction.nodes[0]?.pointer ?? '#';
      if (seen.has(conjunction.key)) {
        return noValue(place, 'it must contain a value of its own kind, without end');
      }
      seen.add(conjunction.key);
      const { shapes, conflict } = reader.alternatives(conjunction);
      const [shape] = shapes;
      if (shape === undefined) return noValue(place, conflict ?? 'its parts exclude each other');
      if (shape.values !== undefined) {
        return noValue(place, 'none of the values listed fits the rest of the schema');
      }
      const members = [...shape.types].flatMap((type) => needs(shape, type));
      conjunction = members.find((member) => !isSatisfiable(member))!;
    }
  };

  return {
    isSatisfiable,
    isPossible: (shape, type) => needs(shape, type).every(isSatisfiable),
    explain,
  };
}

function noValue(place: string, why: string): ConstraintError {
  return new ConstraintError(place, `No value fits the schema at ${place}: ${why}.`);
}
