import { createBackoff, pause } from '../waiting/index.ts';
import {
  DutyLost,
  type BatchStore,
  type ItemLease,
  type OpenCounts,
  type SettledItem,
} from '../store/index.ts';
import { endBatch } from './end-batch.ts';
import { isPassing, type ItemAnswerer } from './item-answerer.ts';
import type { BatchEndpoint } from './endpoints.ts';
import { toResultLine, toUnansweredLine } from './item-result.ts';
import type { JobLimits } from './limits.ts';
import { validateBatch } from './validate-batch.ts';

export interface WorkerOptions {
  readonly store: BatchStore;
  readonly limits: JobLimits;
  readonly answerer: ItemAnswerer;
  readonly onError: (error: unknown, doing: string) => void;
  /** Milliseconds between signs of life, and looks for work. */
  readonly beatMs?: number | undefined;
  readonly now: () => number;
}

/** What a worker does, and has done since it was started. */
export interface WorkerActivity {
  /** Items that it answers. */
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Items that were put back: refused for the moment, or lost. */
  readonly returned: number;
  /** Of all workers, as of its last look. */
  readonly open: OpenCounts;
}

/** Of its own signs of life, how many come between two looks at what is over, and at how much is open. */
const beatsPerLook = 8;

/**
 * Of its own signs of life, how many a worker sees another give none before it takes what that one had. No
 * clock is asked: a jump of it takes nothing from anybody, nor does a database that was away for all.
 */
const silentBeats = 8;

/**
 * Answers items of batches until it is stopped: each is leased, and its answer kept once. A worker that dies
 * is noticed by the others, or by the next one where there can be no other.
 */
export class BatchWorker {
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, AbortController>();
  readonly #backoff = createBackoff({ minMs: 250, maxMs: 15_000 });
  #id: string | undefined;
  #waking = new AbortController();
  #restUntil = -Infinity;
  #duty: Promise<void> | undefined;
  #loop: Promise<void> | undefined;
  readonly #items = new Set<Promise<void>>();
  readonly #done = { succeeded: 0, failed: 0, returned: 0 };
  #open: OpenCounts = { batches: 0, items: 0 };
  /** Of the other workers, the last sign, and for how many of ours it has been that. */
  #others = new Map<string, { readonly beats: number; readonly seen: number }>();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** There may be work. */
  wake(): void {
    this.#waking.abort();
  }

  /** Puts back what it had, and leaves. */
  async stop(): Promise<void> {
    this.#stopping.abort(new DOMException('The worker stops.', 'AbortError'));
    this.#abortItems();
    this.wake();
    await this.#loop;
    await Promise.allSettled([...this.#items, this.#duty]);
    const id = this.#id;
    this.#id = undefined;
    if (id !== undefined) await this.#options.store.dismiss(id).catch(() => false);
  }

  get activity(): WorkerActivity {
    return { running: this.#running.size, ...this.#done, open: this.#open };
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    const { beatMs = 2000, onError } = this.#options;
    let beatAt = -Infinity;
    let beats = 0;
    while (!this.#isStopping) {
      try {
        const isBeat = performance.now() - beatAt >= beatMs;
        if (isBeat) {
          beatAt = performance.now();
          await this.#beat();
        }
        await this.#takeWork(isBeat);
        if (isBeat && beats++ % beatsPerLook === 0) await this.#look();
      } catch (error) {
        onError(error, 'looking for work');
      }
      await this.#rest(beatMs);
    }
  }

  /** Until there may be work: what has woken it meanwhile is not forgotten. */
  async #rest(mostMs: number): Promise<void> {
    if (!this.#isStopping) await pause(mostMs, this.#waking.signal).catch(() => undefined);
    this.#waking = new AbortController();
  }

  /** Gives a sign of life, and looks for those of others. */
  async #beat(): Promise<void> {
    const { store } = this.#options;
    const workers = this.#id === undefined ? undefined : await store.beat(this.#id);
    if (workers === undefined) {
      // What it had is others' by now.
      this.#abortItems();
      this.#id = await store.join();
      this.#others = new Map();
      await store.files.sweep();
      return this.#beat();
    }
    const others = new Map<string, { beats: number; seen: number }>();
    for (const [id, beats] of workers) {
      if (id === this.#id) continue;
      const before = this.#others.get(id);
      const seen = before?.beats === beats ? before.seen + 1 : 0;
      if (!store.isShared || seen >= silentBeats) await store.dismiss(id, beats);
      else others.set(id, { beats, seen });
    }
    this.#others = others;
    await this.#compareLeases(this.#id!);
  }

  /** At what is over, and at how much is open. */
  async #look(): Promise<void> {
    const { store, limits } = this.#options;
    await store.deleteExpired(limits.retentionMs);
    this.#open = await store.countAllOpen();
  }

  /** Ends what is no longer this worker's, and puts back what it could not settle. */
  async #compareLeases(id: string): Promise<void> {
    const leases = await this.#options.store.leasedTo(id);
    const leased = new Set(leases.map(keyOf));
    for (const [key, item] of this.#running) if (!leased.has(key)) item.abort(new LeaseLost());
    for (const lease of leases) {
      if (!this.#running.has(keyOf(lease))) await this.#options.store.release(lease, false);
    }
  }

  async #takeWork(isBeat: boolean): Promise<void> {
    const id = this.#id;
    if (id === undefined) return;
    const isIdle = await this.#takeItems(id);
    if (this.#duty !== undefined || !(isBeat || isIdle)) return;
    const batch = await this.#options.store.takeDuty(id);
    if (batch !== undefined) this.#duty = this.#doDuty(id, batch);
  }

  /** @returns Whether there are no more. */
  async #takeItems(id: string): Promise<boolean> {
    const { store, limits } = this.#options;
    while (!this.#isStopping && this.#running.size < limits.parallelItems) {
      if (performance.now() < this.#restUntil) return false;
      const lease = await store.lease(id);
      if (lease === undefined) return true;
      const key = keyOf(lease);
      const ending = new AbortController();
      this.#running.set(key, ending);
      const item = this.#answer(lease, ending.signal).finally(() => {
        this.#running.delete(key);
        this.#items.delete(item);
        this.wake();
      });
      this.#items.add(item);
    }
    return false;
  }

  async #doDuty(worker: string, batch: Parameters<typeof endBatch>[2]): Promise<void> {
    const { store, limits, answerer, onError } = this.#options;
    const { signal } = this.#stopping;
    try {
      if (batch.status === 'validating') {
        await validateBatch({ store, limits, answerer, signal }, worker, batch);
      } else {
        await endBatch(store, worker, batch, signal);
      }
    } catch (error) {
      if (!(error instanceof DutyLost) && !this.#isStopping) onError(error, 'a batch');
      await store.leaveDuty(worker, batch.id).catch(() => undefined);
    } finally {
      this.#duty = undefined;
      this.wake();
    }
  }

  /** Never rejects: what cannot be kept is somebody's again once this worker is missed. */
  async #answer(lease: ItemLease, signal: AbortSignal): Promise<void> {
    const { store, limits, answerer, onError, now } = this.#options;
    try {
      if (lease.attempt > limits.attempts) {
        const what = `Whoever answered it was lost ${limits.attempts} times: it is not begun again.`;
        return await this.#settle(
          lease,
          toUnansweredLine(lease.customId, 'attempts_exhausted', what),
        );
      }
      const expiry = AbortSignal.timeout(
        Math.max(0, Math.min(lease.expiresAt - now(), 2 ** 31 - 1)),
      );
      const answered = await answerer.answer({
        owner: lease.owner,
        endpoint: lease.endpoint as BatchEndpoint,
        body: lease.request,
        signal: AbortSignal.any([signal, expiry]),
      });
      if (this.#isStopping && isPassing(answered)) return;
      if (isPassing(answered)) {
        await store.release(lease, true);
        this.#done.returned += 1;
        this.#restUntil = performance.now() + this.#backoff.next();
        return;
      }
      this.#backoff.reset();
      await this.#settle(lease, toResultLine(lease.customId, answered));
    } catch (error) {
      if (signal.aborted) return;
      onError(error, 'an item');
      await store.release(lease, false).catch(() => undefined);
      this.#done.returned += 1;
      this.#restUntil = performance.now() + this.#backoff.next();
    }
  }

  async #settle(lease: ItemLease, item: SettledItem): Promise<void> {
    const isKept = await this.#options.store.settle(lease, item);
    if (isKept) this.#done[item.isError ? 'failed' : 'succeeded'] += 1;
  }

  #abortItems(): void {
    for (const item of this.#running.values()) item.abort(new LeaseLost());
  }
}

function keyOf({
  batchId,
  position,
  attempt,
}: Pick<ItemLease, 'batchId' | 'position' | 'attempt'>) {
  return `${batchId} ${position} ${attempt}`;
}

/** An item is no longer this worker's. */
class LeaseLost extends Error {
  constructor() {
    super('The item is no longer this worker’s.');
  }
}
