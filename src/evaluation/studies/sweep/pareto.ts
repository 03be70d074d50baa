/**
 * Which points no other one dominates: none is at least as good in all of its coordinates and better in
 * one.
 * @param points - Coordinates, higher being better, shape `[points][coordinates]`.
 */
export function paretoOptimal(points: readonly (readonly number[])[]): boolean[] {
  return points.map((point) => !points.some((other) => dominates(other, point)));
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value >= b[i]!) && a.some((value, i) => value > b[i]!);
}
