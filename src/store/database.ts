export type SqlValue = string | number | Uint8Array | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Statements in the dialect that SQLite and Postgres share, their `?` bound to the values in order. */
export interface Session {
  /** Runs one statement; resolves to how many rows it changed. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>;
  all(sql: string, values?: readonly SqlValue[]): Promise<SqlRow[]>;
  get(sql: string, values?: readonly SqlValue[]): Promise<SqlRow | undefined>;
}

/**
 * A database that is ours alone, or shared with other processes. Every failure of it is a
 * {@link StoreError}; after it was disposed of, every call is refused with a {@link DisposedError}.
 */
export interface Database extends AsyncDisposable {
  /** What messages call it: a file, or an address without its password. */
  readonly name: string;
  /** Whether other processes may have it open, too. */
  readonly isShared: boolean;
  /** Reads that see one state of it. */
  read<Value>(work: (session: Session) => Promise<Value>): Promise<Value>;
  /**
   * All of `work`'s writes, durably, or none of them. Works of one scope come one after the other, in
   * whichever process they are, and those of one process in the order of these calls.
   */
  write<Value>(scope: string, work: (session: Session) => Promise<Value>): Promise<Value>;
  /** What is damaged beyond rows, or `undefined`. */
  findDamage(): Promise<string | undefined>;
  /** Overwrites what logs still hold of deleted rows, where that is ours to do. */
  forget(): Promise<void>;
}
