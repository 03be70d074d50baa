import { TrimtabError } from '../spec/index.ts';

export type JobErrorCode =
  | 'file_not_found'
  | 'batch_not_found'
  | 'limit_reached'
  | 'file_too_large';

/** A file or batch that cannot be had, or taken. Whether another owner has it is not said. */
export class JobError extends TrimtabError {
  readonly code: JobErrorCode;

  constructor(code: JobErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
