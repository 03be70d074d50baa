/** Index of one of several outcomes, by their probabilities. */
export type Pick = (probabilities: readonly number[]) => number;

/**
 * The exact distribution of what a program answers that picks among outcomes of known probability: it is run once for
 * every path through its picks, whose mass is the product of their probabilities. Outcomes of probability 0 are left out.
 */
export async function enumeratePaths(
  run: (pick: Pick) => Promise<string>,
): Promise<Map<string, number>> {
  const masses = new Map<string, number>();
  /** What is picked at first, and of which outcomes it is the last. */
  let path: { index: number; possible: readonly number[] }[] = [];
  do {
    let depth = 0;
    let mass = 1;
    const answer = await run((probabilities) => {
      const possible = [...probabilities.keys()].filter((i) => probabilities[i]! > 0);
      path[depth] ??= { index: 0, possible };
      const picked = possible[path[depth]!.index]!;
      mass *= probabilities[picked]!;
      depth++;
      return picked;
    });
    masses.set(answer, (masses.get(answer) ?? 0) + mass);
    path = path.slice(0, depth);
    while (path.length > 0 && path.at(-1)!.index === path.at(-1)!.possible.length - 1) path.pop();
    if (path.length > 0) path.at(-1)!.index++;
  } while (path.length > 0);
  return masses;
}
