import type { Logger } from 'pino';

import { Batches, type ItemAnswerer, type JobLimits, type WorkerActivity } from '../jobs/index.ts';
import type { BatchStore } from '../store/index.ts';
import { OpenedLate } from '../waiting/index.ts';
import { RefusedError } from './edge/errors.ts';
import type { OpeningState } from './opening-state.ts';

export interface LazyBatchesOptions {
  /** Called again after it failed. `undefined`: the server takes no files and batches. */
  readonly open: (() => Promise<BatchStore>) | undefined;
  readonly limits: JobLimits;
  readonly answerer: ItemAnswerer;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Files and batches, opened at the first request that needs them: from then on, batches go on. */
export class LazyBatches implements AsyncDisposable {
  readonly #options: LazyBatchesOptions;
  readonly #batches: OpenedLate<Batches> | undefined;
  #opened: Batches | undefined;
  #state: OpeningState;
  #isDisposed = false;

  constructor(options: LazyBatchesOptions) {
    const { open } = options;
    this.#options = options;
    this.#state = open === undefined ? 'off' : 'closed';
    this.#batches = open && new OpenedLate(() => this.#open(open));
  }

  get state(): OpeningState {
    return this.#state;
  }

  /** `undefined` before they are opened. */
  get activity(): WorkerActivity | undefined {
    return this.#opened?.activity;
  }

  /** @throws RefusedError if the server takes none, or stops; StoreError if they cannot be opened. */
  async get(): Promise<Batches> {
    if (this.#batches === undefined) {
      throw new RefusedError(
        'batches_off',
        'This server takes no files and batches: it has no store.',
      );
    }
    if (this.#isDisposed) throw new RefusedError('server_stopping', 'The server is stopping.');
    return this.#batches.get();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#batches?.[Symbol.asyncDispose]();
  }

  async #open(open: () => Promise<BatchStore>): Promise<Batches> {
    const { limits, answerer, logger, now } = this.#options;
    try {
      this.#opened = new Batches({
        store: await open(),
        limits,
        answerer,
        onError: (error, doing) =>
          logger.error({ err: error }, `${doing} of a batch failed; it is tried again`),
        now,
      });
      this.#state = 'open';
      return this.#opened;
    } catch (error) {
      this.#state = 'failed';
      logger.error({ err: error }, 'files and batches cannot be opened; the rest goes on');
      throw error;
    }
  }
}
