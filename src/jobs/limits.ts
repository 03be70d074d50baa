/** What one owner may have, and one replica does at once. */
export const jobLimits = {
  /** Bytes of one file, and of all of an owner's, those that batches have written included. */
  fileBytes: 100 * 2 ** 20,
  ownerFileBytes: 2 ** 30,
  ownerFiles: 500,
  /** Lines of one batch, and bytes of a line. */
  batchItems: 50_000,
  lineBytes: 2 ** 20,
  /** Batches of an owner that have not ended. */
  openBatches: 32,
  /** Milliseconds that batches are kept after their end, and files, where nobody says otherwise. */
  retentionMs: 30 * 24 * 3600 * 1000,
  /** Items that one replica answers at once. */
  parallelItems: 8,
  /** How often an item is begun at most, where whoever answered it was lost. */
  attempts: 16,
};

/** The names and meanings of {@link jobLimits}. */
export type JobLimits = Readonly<typeof jobLimits>;
