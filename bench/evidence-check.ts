// Whether numbers are those that were written down.

/** Places where two values of JSON differ, and how: `regimes.0.… (0.5 there, 0.6 here)`. */
export function differingNumbers(there: unknown, here: unknown): string[] {
  const [left, right] = [leaves(there), leaves(here)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((place) => left.get(place) !== right.get(place))
    .map(
      (place) =>
        `${place} (${left.get(place) ?? 'nothing'} there, ${right.get(place) ?? 'nothing'} here)`,
    );
}

function leaves(value: unknown, place = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[place, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([name, part]) => [
      ...leaves(part, place === '' ? name : `${place}.${name}`),
    ]),
  );
}
