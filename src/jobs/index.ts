export { AnswerFile } from './answer-file.ts';
export { answerRequests, inspectRequests } from './answer-requests.ts';
export { Batches, type Upload } from './batches.ts';
export type { JobErrorCode } from './errors.ts';
export type { ItemAnswerer, ItemRequest } from './item-answerer.ts';
export { batchEndpoints } from './item-line.ts';
export type { ItemAnswer, ItemResult } from './item-result.ts';
export { jobLimits, type JobLimits } from './limits.ts';
export type { WorkerActivity } from './worker.ts';
