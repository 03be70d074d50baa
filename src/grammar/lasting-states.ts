import type { Rule } from './rules.ts';

/**
 * The states of lasting rules, by names that hold in every automaton: whatever the grammar, short texts lead from
 * them to the same.
 */
export interface LastingStates {
  readonly rules: readonly string[];
  /** By state: its rule's place in `rules`, or -1 where no state that is alike is of a lasting rule. */
  readonly ruleOf: Int32Array;
  /** By state: the state of the rule's own automaton that it is, or is alike. */
  readonly stateOf: Int32Array;
}

/**
 * Of alike states of lasting rules one names them all: of the last rule by name its last state. So those of a
 * repetition have the same name however many of them a grammar has.
 * @param kept - By state that is left: which one of the linked rules it was.
 * @param alikeOf - By state that is left: its class.
 * @param alike - By state of the finished automaton: its class.
 */
export function lastingStates(
  rules: readonly Rule[],
  starts: readonly number[],
  kept: readonly number[],
  alikeOf: Int32Array,
  alike: Int32Array,
): LastingStates {
  const ruleAt = ruleFinder(starts);
  const chosen = new Map<number, { readonly rule: number; readonly state: number }>(); // by class
  for (const [state, linked] of kept.entries()) {
    const rule = ruleAt(linked);
    if (!rules[rule]!.isLasting) continue;
    const offered = { rule, state: linked - starts[rule]! };
    const known = chosen.get(alikeOf[state]!);
    if (known === undefined || isBefore(known, offered)) chosen.set(alikeOf[state]!, offered);
  }
  const used = [...new Set(Array.from(chosen.values(), ({ rule }) => rule))];
  const places = new Map(used.map((rule, place) => [rule, place]));
  return {
    rules: used.map((rule) => rules[rule]!.name),
    ruleOf: alike.map((kind) => places.get(chosen.get(kind)?.rule ?? -1) ?? -1),
    stateOf: alike.map((kind) => chosen.get(kind)?.state ?? -1),
  };

  function isBefore(
    a: { readonly rule: number; readonly state: number },
    b: { readonly rule: number; readonly state: number },
  ): boolean {
    return a.rule === b.rule ? a.state < b.state : rules[a.rule]!.name < rules[b.rule]!.name;
  }
}

/** Which rule's a linked state is. */
function ruleFinder(starts: readonly number[]): (linked: number) => number {
  return (linked) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= linked) low = middle;
      else high = middle - 1;
    }
    return low;
  };
}
