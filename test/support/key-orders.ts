/** A value with the keys of its objects in every order, its own order first; at most `limit` of them. */
export function keyOrders(value: unknown, limit: number): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  if (Array.isArray(value)) {
    return value.reduce<unknown[][]>(
      (all, item) =>
        all
          .flatMap((items) => keyOrders(item, limit).map((order) => [...items, order]))
          .slice(0, limit),
      [[]],
    );
  }
  const members = Object.entries(value);
  if (members.length === 0) return [{}];
  return members
    .flatMap(([key, item], i) =>
      keyOrders(Object.fromEntries(members.toSpliced(i, 1)), limit).flatMap((others) =>
        keyOrders(item, limit).map((order) => ({ [key]: order, ...(others as object) })),
      ),
    )
    .slice(0, limit);
}
