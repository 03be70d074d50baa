import { TrimtabError } from '../spec/index.ts';

export type ContextErrorCode = 'context_not_found' | 'context_exists' | 'limit_reached';

/** A context that cannot be had, or kept. Whether another owner has it is not said. */
export class ContextError extends TrimtabError {
  readonly code: ContextErrorCode;

  constructor(code: ContextErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
