/** A file that somebody uploaded, or that a batch has written. Times are milliseconds since 1970. */
export interface FileRecord {
  readonly id: string;
  readonly owner: string;
  readonly filename: string;
  readonly purpose: FilePurpose;
  readonly bytes: number;
  readonly createdAt: number;
  /** When it is taken away; `null`: not before somebody deletes it. */
  readonly expiresAt: number | null;
}

/** `batch`: requests; `batch_output`: what became of them. */
export type FilePurpose = 'batch' | 'batch_output';

export type BatchEnd = 'completed' | 'failed' | 'expired' | 'cancelled';

/** OpenAI's states: the last four are ends. */
export type BatchStatus = 'validating' | 'in_progress' | 'finalizing' | 'cancelling' | BatchEnd;

/** A line of a batch's file that cannot be a request. */
export interface BatchFault {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** From 1; `null`: it is of no one line. */
  readonly line: number | null;
}

/** Items by what became of them. */
export interface ItemCounts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** What a batch has beside its state. */
export interface BatchContent {
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Milliseconds that its files are kept; `null`: until somebody deletes them. */
  readonly outputKeptMs: number | null;
  /** When it came to each state. */
  readonly times: Readonly<Partial<Record<BatchStatus, number>>>;
  readonly faults: readonly BatchFault[];
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  /** At its end; before, they are counted. */
  readonly counts: ItemCounts | null;
  /** How it ends once its files are written. */
  readonly ending: BatchEnd | null;
}

export interface BatchRecord extends Omit<BatchContent, 'counts' | 'ending'> {
  readonly id: string;
  readonly owner: string;
  readonly status: BatchStatus;
  readonly createdAt: number;
  /** What is not answered by then is given up. */
  readonly expiresAt: number;
  readonly counts: ItemCounts;
}

/** Batches that have not ended, of all owners, and items of theirs that wait. */
export interface OpenCounts {
  readonly batches: number;
  readonly items: number;
}

export interface NewBatch extends Pick<
  BatchContent,
  'endpoint' | 'inputFileId' | 'metadata' | 'outputKeptMs'
> {
  readonly expiresAt: number;
}

export interface NewItem {
  readonly customId: string;
  /** The body, as JSON. */
  readonly request: string;
}

/** An item that one worker answers: it counts as long as nobody else was given it. */
export interface ItemLease {
  readonly owner: string;
  readonly batchId: string;
  readonly endpoint: string;
  readonly position: number;
  readonly customId: string;
  readonly request: string;
  readonly worker: string;
  /** How often it was leased, this time included. */
  readonly attempt: number;
  readonly expiresAt: number;
}

/** What became of an item. */
export interface SettledItem {
  readonly isError: boolean;
  /** The line of the output file, without its end. */
  readonly line: string;
}
