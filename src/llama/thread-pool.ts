import type koffi from 'koffi';
import type { LibraryHandle } from 'koffi';

import type { Pointer } from './structs.ts';
import { ThreadCount } from './thread-count.ts';

/** Threads that compute the graphs of contexts, one graph at a time, and stay between them. */
export interface ThreadPool extends Disposable {
  /** `ggml_threadpool_t`. */
  readonly pointer: Pointer;
  /** How many of its threads decode. */
  readonly count: ThreadCount;
  /** Calls `use` when nobody else's use is running any more; no two uses of the process's pools overlap. */
  turn<Value>(use: () => Promise<Value>): Promise<Value>;
}

/** Gives the pool of so many threads, which lasts until all who took it have disposed of it. */
export type TakeThreadPool = (threads: number) => ThreadPool | undefined;

/** `GGML_MAX_N_THREADS`. */
const mostThreads = 512;

interface SharedPool {
  readonly pointer: Pointer;
  readonly count: ThreadCount;
  users: number;
}

/**
 * Without a pool ggml makes its threads anew for each decode, a tenth of a small model's time. One is shared
 * by all contexts: threads of two pools, which spin for a while after each graph, would fight for the cores.
 *
 * @returns Undefined from a library whose processor backend has no pools.
 */
export function defineThreadPools(
  ffi: typeof koffi,
  base: LibraryHandle,
  ggml: LibraryHandle,
): TakeThreadPool {
  const native = bindThreadPools(ffi, base, ggml);
  const pools = new Map<number, SharedPool>();
  let last: Promise<unknown> = Promise.resolve();
  const turn = <Value>(use: () => Promise<Value>): Promise<Value> => {
    const done = last.then(use);
    last = done.catch(() => {});
    return done;
  };
  return (threads) => {
    if (native === undefined) return undefined;
    let shared = pools.get(threads);
    if (shared === undefined) {
      const pointer = native.create(threads);
      if (pointer === null) return undefined;
      shared = { pointer, count: new ThreadCount(threads), users: 0 };
      pools.set(threads, shared);
    }
    const pool = shared;
    pool.users++;
    let isTaken = true;
    return {
      pointer: pool.pointer,
      count: pool.count,
      turn,
      [Symbol.dispose]: () => {
        if (!isTaken) return;
        isTaken = false;
        if (--pool.users > 0) return;
        pools.delete(threads);
        native.free(pool.pointer);
      },
    };
  };
}

/** Their functions are in the backend that was chosen for this processor. */
function bindThreadPools(ffi: typeof koffi, base: LibraryHandle, ggml: LibraryHandle) {
  const parameters = ffi.struct({
    cpumask: ffi.array('bool', mostThreads, 'Array'),
    n_threads: 'int',
    prio: 'int',
    poll: 'uint32',
    strict_cpu: 'bool',
    paused: 'bool',
  });
  const byName = ggml.func('ggml_backend_reg_by_name', 'void *', ['str']) as (
    name: string,
  ) => Pointer;
  const addressOf = base.func('ggml_backend_reg_get_proc_address', 'void *', ['void *', 'str']) as (
    registry: Pointer,
    name: string,
  ) => Pointer;
  const registry = byName('CPU');
  if (registry === null) return undefined;
  const create = addressOf(registry, 'ggml_threadpool_new');
  const free = addressOf(registry, 'ggml_threadpool_free');
  if (create === null || free === null) return undefined;
  const defaults = base.func('ggml_threadpool_params_default', parameters, ['int']) as (
    threads: number,
  ) => object;
  const createType = ffi.proto('void *', [ffi.pointer(parameters)]);
  const freeType = ffi.proto('void', ['void *']);
  return {
    create: (threads: number) => ffi.call(create, createType, defaults(threads)) as Pointer,
    free: (pool: Pointer) => ffi.call(free, freeType, pool) as void,
  };
}
