import type { BatchEndpoint } from './endpoints.ts';
import type { ItemAnswer } from './item-result.ts';

/** An item as it is asked for. */
export interface ItemRequest {
  readonly owner: string;
  readonly endpoint: BatchEndpoint;
  /** JSON. */
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Who answers items. */
export interface ItemAnswerer {
  /** Answers as the endpoint would. @throws The signal's reason */
  answer(request: ItemRequest): Promise<ItemAnswer>;
  /** Of a body, what can be told before it is answered. @throws InvalidOptionError, ModelNotFoundError */
  check(endpoint: BatchEndpoint, body: object): void;
}

/** Statuses after which another try may end better: nobody is at fault but the moment. */
const passing = new Set([408, 429, 499, 503]);

export function isPassing({ status }: ItemAnswer): boolean {
  return passing.has(status);
}
