import { InvalidOptionError } from '../../spec/index.ts';

/** Of a hundred rows of a file so many may be no items: published data has a few. */
const mostInHundred = 1;

/** What became of the rows of a file. */
export interface ReadRows<Row, Draft> {
  /** Those that are items, and what they became, in the order of the file. */
  readonly rows: readonly Row[];
  readonly drafts: readonly Draft[];
  /** Why the others are none: `file:line: …`. */
  readonly skipped: readonly string[];
}

/**
 * Reads every row; one that is refused is skipped, as long as those are few.
 * @throws InvalidOptionError of the first that is refused, if more than 1 in 100 are.
 */
export function readRows<Row, Draft>(
  rows: readonly Row[],
  toDraft: (row: Row) => Draft,
): ReadRows<Row, Draft> {
  const read: Row[] = [];
  const drafts: Draft[] = [];
  const faults: InvalidOptionError[] = [];
  for (const row of rows) {
    try {
      drafts.push(toDraft(row));
      read.push(row);
    } catch (error) {
      if (!(error instanceof InvalidOptionError)) throw error;
      faults.push(error);
    }
  }
  const [first] = faults;
  const most = Math.floor((rows.length * mostInHundred) / 100);
  if (first !== undefined && faults.length > most) {
    const others =
      faults.length === 1
        ? ''
        : ` ${faults.length} of ${rows.length} rows are at fault, and at most ${most} are skipped.`;
    throw new InvalidOptionError(first.option, first.message + others);
  }
  return { rows: read, drafts, skipped: faults.map(({ message }) => message) };
}
