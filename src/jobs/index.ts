export { Batches, type Upload } from './batches.ts';
export type { JobErrorCode } from './errors.ts';
export { batchEndpoints } from './item-line.ts';
export type { ItemAnswer } from './item-result.ts';
export { jobLimits, type JobLimits } from './limits.ts';
export type { ItemRequest } from './worker.ts';
