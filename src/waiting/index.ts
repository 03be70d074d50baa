export { createBackoff } from './backoff.ts';
export { createDeferred, type Deferred } from './deferred.ts';
export { onAbort } from './on-abort.ts';
export { OpenedLate } from './opened-late.ts';
export { pause } from './pause.ts';
export { retryAfterMs } from './retry-after.ts';
export { backgroundTimer, systemTimer, type StartTimer } from './timer.ts';
export { untilAborted } from './until-aborted.ts';
