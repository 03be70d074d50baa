// Means over people of several worlds, with intervals.
import { bootstrapInterval, type Interval, type Resample } from '../../src/evaluation/index.ts';

/** Over the items of one person, or the tokens of one text. */
export interface Sum {
  readonly sum: number;
  readonly count: number;
}

/** Of each world its people, or texts; the same in the same order for every system. */
export type WorldSums = readonly (readonly Sum[])[];

/** An estimate over all worlds, and each world's own. */
export interface Pooled {
  readonly pooled: Interval;
  readonly worlds: readonly Interval[];
}

/**
 * `Σ sum / Σ count`. The interval draws people (or texts) with all that is theirs, within each world: it is
 * of new people of these worlds.
 */
export function pooledMean(sums: WorldSums): Pooled {
  return {
    pooled: meanInterval(sums),
    worlds: sums.map((world) => meanInterval([world])),
  };
}

/** Mean of `of` less that of `than`, the same people drawn for both. */
export function pooledDifference(of: WorldSums, than: WorldSums): Pooled {
  return {
    pooled: differenceInterval(of, than),
    worlds: of.map((world, w) => differenceInterval([world], [than[w]!])),
  };
}

export function meanInterval(sums: WorldSums): Interval {
  return bootstrapInterval(sizesOf(sums), (drawn) => ratio(sums, drawn));
}

function differenceInterval(of: WorldSums, than: WorldSums): Interval {
  return bootstrapInterval(sizesOf(of), (drawn) => ratio(of, drawn) - ratio(than, drawn));
}

function sizesOf(sums: WorldSums): number[] {
  return sums.map(({ length }) => length);
}

function ratio(sums: WorldSums, drawn: Resample): number {
  let [sum, count] = [0, 0];
  sums.forEach((units, world) => {
    for (const unit of drawn[world]!) {
      sum += units[unit]!.sum;
      count += units[unit]!.count;
    }
  });
  return sum / count;
}
