/** Searches a text that arrives in parts for the first of several strings. */
export interface StopMatcher {
  /**
   * Text that cannot be part of a stop string, in order; the rest is held back. Empty once
   * {@link StopMatcher.stopString} is set.
   */
  push(text: string): string;
  /** What was held back, up to the stop string if there is one after all. */
  end(): string;
  /** The stop string that ended the text: of those that begin first, the shortest. */
  readonly stopString: string | undefined;
}

/**
 * One Knuth–Morris–Pratt automaton per stop string, so that the work per character does not grow
 * with the text. Where one stop string is complete while another that began earlier may still become
 * complete, the decision waits: the result is that of searching the whole text, however it is split.
 * @param stops - Without repeats, as `resolveStopStrings` returns them.
 * @see Knuth, Morris, Pratt 1977, Fast Pattern Matching in Strings, doi:10.1137/0206024
 */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const automata = stops.map((stop) => ({ stop, fallback: fallbacks(stop), matched: 0 }));
  let held = '';
  /** A complete stop string and where in `held` it begins. */
  let candidate: { readonly stop: string; readonly start: number } | undefined;
  let stopString: string | undefined;

  /** Takes in one UTF-16 unit, the last of `length`; returns where the earliest partial match begins. */
  const advance = (unit: string, length: number): number => {
    let earliest = length;
    for (const automaton of automata) {
      const { stop, fallback } = automaton;
      let { matched } = automaton;
      while (matched > 0 && stop[matched] !== unit) matched = fallback[matched - 1]!;
      if (stop[matched] === unit) matched += 1;
      const start = length - matched;
      if (matched === stop.length) {
        // Of two that begin at the same place the shorter one is complete, and kept, first.
        if (candidate === undefined || start < candidate.start) candidate = { stop, start };
        matched = fallback[matched - 1]!;
      }
      automaton.matched = matched;
      earliest = Math.min(earliest, length - matched);
    }
    return earliest;
  };

  const stopAt = ({ stop, start }: { stop: string; start: number }): string => {
    stopString = stop;
    return held.slice(0, start);
  };

  return {
    get stopString() {
      return stopString;
    },
    push(text) {
      if (stopString !== undefined) return '';
      if (automata.length === 0) return text;
      const offset = held.length;
      held += text;
      let earliest = offset;
      for (let i = 0; i < text.length; i++) {
        earliest = advance(text[i]!, offset + i + 1);
        if (candidate !== undefined && earliest >= candidate.start) return stopAt(candidate);
      }
      if (text === '') return '';
      const safe = Math.min(earliest, candidate?.start ?? earliest);
      const emitted = held.slice(0, safe);
      held = held.slice(safe);
      if (candidate !== undefined) candidate = { ...candidate, start: candidate.start - safe };
      return emitted;
    },
    end() {
      if (stopString !== undefined) return '';
      if (candidate !== undefined) return stopAt(candidate);
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** For each prefix of `pattern`, the length of its longest proper prefix that is also its suffix. */
function fallbacks(pattern: string): number[] {
  const lengths = [0];
  let matched = 0;
  for (let i = 1; i < pattern.length; i++) {
    while (matched > 0 && pattern[matched] !== pattern[i]) matched = lengths[matched - 1]!;
    if (pattern[matched] === pattern[i]) matched += 1;
    lengths.push(matched);
  }
  return lengths;
}
