/** The sums, field by field, of counts that have the same name; none where there are none. */
export function sumByName<Counts extends { readonly [Field in keyof Counts]: number }>(
  each: readonly (Readonly<Record<string, Counts>> | undefined)[],
): Record<string, Counts> {
  const total = new Map<string, Counts>();
  for (const [name, counts] of each.flatMap((named = {}) => Object.entries<Counts>(named))) {
    const before = total.get(name);
    const fields = Object.keys(counts) as (keyof Counts)[];
    const sums = fields.map((field) => [field, (before?.[field] ?? 0) + counts[field]]);
    total.set(name, Object.fromEntries(sums) as Counts);
  }
  return Object.fromEntries(total);
}
