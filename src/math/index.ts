export { createRowKernels } from './kernels.ts';
export { drawSeed, exponentialAt, uniformAt, type Noise } from './random.ts';
export { createReferenceRowKernels } from './reference.ts';
export { sumByName } from './sum-by-name.ts';
export type { Exponentials, RowKernels, TiltedMoments } from './rows.ts';
export { unknownWeight } from './tail-weight.ts';
