// Whether numbers are those that were written down.

/**
 * What another processor may give: it sums in another order, and where two tokens nearly tie one answer of
 * hundreds falls the other way. A number may differ by this, and by this share of itself.
 */
export const rounding = 0.005;

/** Places where two values of JSON differ by more than rounding, and how: `regimes.0.… (0.5 there, 0.6 here)`. */
export function differingNumbers(there: unknown, here: unknown): string[] {
  const [left, right] = [leaves(there), leaves(here)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((place) => !areAlike(left.get(place), right.get(place)))
    .map(
      (place) =>
        `${place} (${left.get(place) ?? 'nothing'} there, ${right.get(place) ?? 'nothing'} here)`,
    );
}

function areAlike(there: string | undefined, here: string | undefined): boolean {
  if (there === here) return true;
  const [a, b] = [Number(there), Number(here)];
  return Math.abs(a - b) <= rounding * (1 + Math.max(Math.abs(a), Math.abs(b))); // false for NaN
}

function leaves(value: unknown, place = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[place, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([name, part]) => [
      ...leaves(part, place === '' ? name : `${place}.${name}`),
    ]),
  );
}
