import { InvalidOptionError } from '../../spec/index.ts';

/** Items that are not independent, e.g. questions about one person. */
export interface Grouping {
  /**
   * Which group each item belongs to, shape `[items]`. Where it is given, groups are resampled and
   * permuted as a whole; without it, every item stands for itself.
   */
  readonly groups?: readonly string[] | undefined;
}

/**
 * Indexes of the items of each group, groups in the order they first occur; a group to each item where
 * no groups are given.
 * @throws InvalidOptionError unless there is one name for each item.
 */
export function groupMembers(items: number, groups?: readonly string[]): readonly number[][] {
  const indexes = Array.from({ length: items }, (_, item) => item);
  if (groups === undefined) return indexes.map((item) => [item]);
  if (groups.length !== items) {
    throw new InvalidOptionError(
      'groups',
      `groups must name the group of each item: ${items} names, not ${groups.length}.`,
    );
  }
  const members = new Map<string, number[]>();
  for (const item of indexes) {
    const group = groups[item]!;
    const known = members.get(group);
    if (known === undefined) members.set(group, [item]);
    else known.push(item);
  }
  return [...members.values()];
}

/** How many groups there are; `null` where none are given. */
export function countGroups(groups: readonly string[] | undefined): number | null {
  return groups === undefined ? null : new Set(groups).size;
}

/** `Σ values` of each group, shape `[groups]`. */
export function groupSums(
  values: readonly number[],
  members: readonly (readonly number[])[],
): number[] {
  return members.map((items) => items.reduce((sum, item) => sum + values[item]!, 0));
}
