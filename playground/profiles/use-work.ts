import { useCallback, useRef, useState } from 'preact/hooks';

import { toApiError, type ApiError } from '../api/errors.ts';

export interface Failure {
  readonly error: ApiError;
  /** Does again what failed. */
  readonly retry: () => void;
}

export interface Work {
  /** What the last work failed with; stays until some succeeds. */
  readonly failure: Failure | null;
  /** Begins once all that was given earlier has ended, so that what is written stays in order. */
  readonly run: (work: () => Promise<void>) => void;
}

export function useWork(): Work {
  const [failure, setFailure] = useState<Failure | null>(null);
  const last = useRef(Promise.resolve());
  const run = useCallback((work: () => Promise<void>): void => {
    last.current = last.current.then(work).then(
      () => setFailure(null),
      (reason: unknown) => setFailure({ error: toApiError(reason), retry: () => run(work) }),
    );
  }, []);
  return { failure, run };
}
