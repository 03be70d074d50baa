export { createBackoff } from './backoff.ts';
export { createDeferred, type Deferred } from './deferred.ts';
export { backgroundTimer, systemTimer, type StartTimer } from './timer.ts';
export { untilAborted } from './until-aborted.ts';
