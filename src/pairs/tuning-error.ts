import { TrimtabError } from '../spec/index.ts';

/** An expert could not be tuned, or what was written of it is not what was tuned. */
export class TuningError extends TrimtabError {
  readonly code = 'tuning_failed';
}
