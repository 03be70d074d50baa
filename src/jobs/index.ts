export { AnswerFile } from './answer-file.ts';
export { answerRequests, inspectRequests } from './answer-requests.ts';
export { Batches, type Upload } from './batches.ts';
export type { JobErrorCode } from './errors.ts';
export type { ItemAnswerer, ItemRequest } from './item-answerer.ts';
export { batchEndpoints } from './endpoints.ts';
export type { ItemAnswer, RequestResult } from './item-result.ts';
export { jobLimits, type JobLimits } from './limits.ts';
export type { WorkerActivity } from './worker.ts';
