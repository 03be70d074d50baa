/** A value with the keys of its objects in every order, its own order first. */
export function* keyOrders(value: unknown): Generator {
  if (Array.isArray(value)) yield* listOrders(value);
  else if (typeof value === 'object' && value !== null) yield* memberOrders(Object.entries(value));
  else yield value;
}

function* listOrders(items: readonly unknown[]): Generator<unknown[]> {
  if (items.length === 0) yield [];
  else {
    for (const first of keyOrders(items[0])) {
      for (const others of listOrders(items.slice(1))) yield [first, ...others];
    }
  }
}

function* memberOrders(members: readonly (readonly [string, unknown])[]): Generator<object> {
  if (members.length === 0) yield {};
  for (const [i, [key, value]] of members.entries()) {
    for (const others of memberOrders(members.toSpliced(i, 1))) {
      for (const first of keyOrders(value)) yield { [key]: first, ...others };
    }
  }
}

/** Whether `test` holds for any of the first `limit` values. */
export function someOf<T>(
  values: Iterable<T>,
  limit: number,
  test: (value: T) => boolean,
): boolean {
  let count = 0;
  for (const value of values) {
    if (test(value)) return true;
    if (++count === limit) return false;
  }
  return false;
}
