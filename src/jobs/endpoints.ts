/** Where the items of a batch may go. */
export const batchEndpoints = ['/v1/chat/completions', '/v1/completions', '/v1/responses'] as const;

export type BatchEndpoint = (typeof batchEndpoints)[number];

export function isBatchEndpoint(value: unknown): value is BatchEndpoint {
  return (batchEndpoints as readonly unknown[]).includes(value);
}
