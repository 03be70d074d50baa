import { collectGarbage } from '../shared/measure.ts';
import { showProgress } from '../shared/progress.ts';

/**
 * Measures every variant once a round: in order, in the next round from the last to the first, and so on. What a
 * machine's load adds from one variant to the next, it takes away again.
 * @returns By variant, one measurement a round.
 */
export async function inBothOrders<Name extends string, Measurement>(
  variants: Readonly<Record<Name, () => Promise<Measurement>>>,
  rounds: number,
  title: string,
): Promise<Record<Name, readonly Measurement[]>> {
  const names = Object.keys(variants) as Name[];
  const measured = new Map(names.map((name) => [name, [] as Measurement[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      showProgress(`${title}: ${name}, round ${round + 1} of ${rounds}`);
      collectGarbage();
      measured.get(name)!.push(await variants[name]());
    }
  }
  return Object.fromEntries(measured) as unknown as Record<Name, readonly Measurement[]>;
}
