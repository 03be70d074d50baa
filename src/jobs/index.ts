export { Batches, type Upload } from './batches.ts';
export { JobError, type JobErrorCode } from './errors.ts';
export { batchEndpoints, ItemReader, type BatchEndpoint, type ParsedItem } from './item-line.ts';
export { toResultLine, type ItemAnswer } from './item-result.ts';
export { jobLimits, type JobLimits } from './limits.ts';
export { readLines } from './lines.ts';
export type { ItemRequest } from './worker.ts';
