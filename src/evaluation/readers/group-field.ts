/** Field of a record, or column of a table, that names its item's group where none is asked for. */
export const groupField = 'group';

/** The field that is asked for: every item must have it. */
export type GroupingField = string | undefined;
