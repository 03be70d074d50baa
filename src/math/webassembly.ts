import { kernelsBase64 } from './kernels.generated.ts';

/** Byte addresses are those of rows as {@link file://./kernels.ts} lays them out. */
export interface KernelExports {
  fill(y: number, length: number, value: number): void;
  accumulate(y: number, x: number, length: number, coefficient: number, offset: number): void;
  banOutside(x: number, mask: number, length: number): void;
  permitAbove(mask: number, x: number, length: number, threshold: number): void;
  maximum(x: number, length: number): number;
  indexOf(x: number, length: number, value: number): number;
  firstNonFinite(x: number, length: number): number;
  storeExp(y: number, x: number, length: number, max: number, scale: number): number;
  weightedGap(w: number, p: number, q: number, length: number, shift: number): number;
  tiltedSums(out: number, b: number, s: number, length: number, t: number): void;
  indicesAbove(out: number, x: number, length: number, threshold: number): number;
  topK(heap: number, x: number, length: number, k: number): void;
  race(
    x: number,
    length: number,
    largest: number,
    scale: number,
    key0: number,
    key1: number,
    position: number,
    attempt: number,
    scratch: number,
  ): number;
  raceAmong(
    ids: number,
    weights: number,
    count: number,
    key0: number,
    key1: number,
    position: number,
    attempt: number,
    scratch: number,
  ): number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The part of the global that is used here: Node's types leave it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (limits: { initial: number; maximum: number }) => Memory;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: Memory } },
  ) => { readonly exports: object };
};

/** Bytes of one page of WebAssembly memory. */
export const PAGE_BYTES = 65_536;

/** Compiled once per process: about 4 KB of code, the same for every size. */
let compiled: object | undefined;

/** The kernels over a memory of their own of `pages` pages, which cannot grow. @throws RangeError */
export function instantiateKernels(pages: number): {
  readonly kernels: KernelExports;
  readonly buffer: ArrayBuffer;
} {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  compiled ??= new WebAssembly.Module(Buffer.from(kernelsBase64, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { kernels: exports as KernelExports, buffer: memory.buffer };
}
