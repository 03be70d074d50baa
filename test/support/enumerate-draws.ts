/** As `uniformAt` of `src/math`. */
export type Draw = (seed: number, counter: number) => number;

/**
 * The exact distribution of what a program answers that draws uniform numbers by seed and counter: it is
 * run for every combination of `values`, equally likely, for the numbers that it comes to ask for. A pair
 * of seed and counter that comes again is the same number, so that draws which are not independent show.
 */
export async function enumerateDraws(
  values: readonly number[],
  run: (uniformAt: Draw) => Promise<string>,
): Promise<Map<string, number>> {
  const masses = new Map<string, number>();
  /** Index of the value of each number, in the order in which they were asked for. */
  let choices: number[] = [];
  do {
    const indices = new Map<string, number>();
    const answer = await run((seed, counter) => {
      const key = `${seed} ${counter}`;
      const index = indices.get(key) ?? indices.size;
      indices.set(key, index);
      choices[index] ??= 0;
      return values[choices[index]]!;
    });
    const mass = values.length ** -indices.size;
    masses.set(answer, (masses.get(answer) ?? 0) + mass);
    choices = next(choices.slice(0, indices.size), values.length);
  } while (choices.length > 0);
  return masses;
}

/** The next combination: the last number that has another value left gets it, and those after it are new. */
function next(choices: readonly number[], count: number): number[] {
  const last = choices.findLastIndex((choice) => choice < count - 1);
  return last === -1 ? [] : [...choices.slice(0, last), choices[last]! + 1];
}
