import { createRowKernels, type RowKernels } from '../../math/index.ts';

/** Kernels to be used again: a row of 128k tokens takes half a megabyte that only a collection frees. */
export class KernelPool {
  readonly #free: RowKernels[] = [];

  take(length: number, count: number): RowKernels {
    const index = this.#free.findIndex((rows) => rows.length === length && rows.count === count);
    return index === -1 ? createRowKernels(length, count) : this.#free.splice(index, 1)[0]!;
  }

  giveBack(kernels: RowKernels): void {
    this.#free.push(kernels);
  }
}
