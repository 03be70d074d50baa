import { InvalidOptionError } from '../spec/index.ts';
import type { BatchRecord, FilePurpose, FileRecord, Page } from '../store/index.ts';
import { JobError } from './errors.ts';
import { batchEndpoints, isBatchEndpoint } from './endpoints.ts';
import { BatchWorker, type WorkerActivity, type WorkerOptions } from './worker.ts';

/** Milliseconds that a batch has: OpenAI's one `completion_window`. */
const windowMs = 24 * 3600 * 1000;

/** A file that is being uploaded. */
export interface Upload {
  /** @throws JobError of the code `file_too_large` */
  write(data: Uint8Array): Promise<void>;
  /**
   * Lets it be seen.
   * @param keptMs - Milliseconds until it is taken away; by default those of the limits.
   * @throws JobError of the code `limit_reached`
   */
  finish(filename: string, keptMs?: number): Promise<FileRecord>;
  abandon(): Promise<void>;
}

export interface NewBatchRequest {
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Milliseconds that its output is kept; by default those of the limits. */
  readonly outputKeptMs?: number | undefined;
}

/**
 * Files and batches of owners, and the worker of this process. What is another's is as if it did not exist:
 * {@link JobError}.
 */
export class Batches implements AsyncDisposable {
  readonly #options: WorkerOptions;
  readonly #worker: BatchWorker;

  /** Begins to work at once. The store is the caller's. */
  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#worker = new BatchWorker(options);
    this.#worker.start();
  }

  upload(owner: string): Upload {
    const { store, limits } = this.#options;
    const writer = store.files.begin();
    return {
      async write(data) {
        if (writer.bytes + data.length > limits.fileBytes) {
          throw new JobError('file_too_large', `A file has at most ${limits.fileBytes} bytes.`);
        }
        await writer.write(data);
      },
      async finish(filename, keptMs = limits.retentionMs) {
        await writer.flush();
        return store.ofOwner(owner, async (session) => {
          const { files, bytes } = await store.files.usage(session, owner);
          if (files >= limits.ownerFiles) {
            const what = `There are ${files} files, as many as there may be: delete some.`;
            throw new JobError('limit_reached', what);
          }
          if (bytes + writer.bytes > limits.ownerFileBytes) {
            const what = `All files have at most ${limits.ownerFileBytes} bytes, and ${bytes} are taken: delete some.`;
            throw new JobError('limit_reached', what);
          }
          return store.files.publish(session, owner, writer, {
            filename,
            purpose: 'batch',
            keptMs,
          });
        });
      },
      abandon: () => writer.abandon(),
    };
  }

  async file(owner: string, id: string): Promise<FileRecord> {
    return (await this.#options.store.files.find(owner, id)) ?? fileNotFound(id);
  }

  files(owner: string, page: Page, purpose?: FilePurpose): Promise<FileRecord[]> {
    return this.#options.store.files.list(owner, page, purpose);
  }

  async deleteFile(owner: string, id: string): Promise<void> {
    if (!(await this.#options.store.files.delete(owner, id))) fileNotFound(id);
  }

  /** The bytes `from` to `to`, the last one included, of a file that was found. */
  content({ id }: FileRecord, from: number, to: number): AsyncGenerator<Uint8Array, void> {
    return this.#options.store.files.read(id, from, to);
  }

  /** @throws InvalidOptionError, JobError */
  async create(
    owner: string,
    { endpoint, inputFileId, metadata, outputKeptMs }: NewBatchRequest,
  ): Promise<BatchRecord> {
    const { store, limits, now } = this.#options;
    const content = {
      endpoint,
      inputFileId,
      metadata,
      outputKeptMs: outputKeptMs ?? limits.retentionMs,
    };
    if (!isBatchEndpoint(endpoint)) {
      const what = `endpoint: it must be one of ${batchEndpoints.join(', ')}.`;
      throw new InvalidOptionError('endpoint', what);
    }
    const file = await store.files.find(owner, inputFileId);
    if (file?.purpose !== 'batch') {
      const what = `input_file_id: there is no file ${JSON.stringify(inputFileId.slice(0, 100))} of the purpose batch.`;
      throw new InvalidOptionError('input_file_id', what);
    }
    const batch = await store.ofOwner(owner, async (session) => {
      const open = await store.countOpen(session, owner);
      if (open >= limits.openBatches) {
        const what = `There are ${open} batches that have not ended, as many as there may be: wait for one, or cancel one.`;
        throw new JobError('limit_reached', what);
      }
      const expiresAt = Math.trunc(now()) + windowMs;
      return store.create(session, owner, { ...content, expiresAt });
    });
    this.#worker.wake();
    return batch;
  }

  async batch(owner: string, id: string): Promise<BatchRecord> {
    return (await this.#options.store.find(owner, id)) ?? batchNotFound(id);
  }

  list(owner: string, page: Page): Promise<BatchRecord[]> {
    return this.#options.store.list(owner, page);
  }

  /** Of one that has ended, nothing changes. */
  async cancel(owner: string, id: string): Promise<BatchRecord> {
    const batch = (await this.#options.store.cancel(owner, id)) ?? batchNotFound(id);
    this.#worker.wake();
    return batch;
  }

  /** What this process does for batches. */
  get activity(): WorkerActivity {
    return this.#worker.activity;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.stop();
  }
}

function fileNotFound(id: string): never {
  throw new JobError('file_not_found', `There is no file ${JSON.stringify(id.slice(0, 100))}.`);
}

function batchNotFound(id: string): never {
  throw new JobError('batch_not_found', `There is no batch ${JSON.stringify(id.slice(0, 100))}.`);
}
