import { contentId } from '../../content-id.ts';
import { ungrouped, type EvaluationItem, type EvaluationTask } from '../../task.ts';

/** An item of a test set that is in the development set, too. */
export interface SharedItem {
  readonly test: string;
  readonly development: string;
  /** Its id in the test set. */
  readonly item: string;
}

/** Items that are in both sets, whatever their ids, groups and metrics. */
export function sharedItems(
  development: readonly EvaluationTask[],
  test: readonly EvaluationTask[],
): SharedItem[] {
  const known = new Map(
    development.flatMap(({ name, items }) => items.map((item) => [contentOf(item), name] as const)),
  );
  return test.flatMap(({ name, items }) =>
    items.flatMap((item) => {
      const found = known.get(contentOf(item));
      return found === undefined ? [] : [{ test: name, development: found, item: item.id }];
    }),
  );
}

function contentOf(item: EvaluationItem): string {
  return contentId({ ...ungrouped(item), id: null, metrics: null });
}
