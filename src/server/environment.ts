import type { HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';

import type { InferenceService, Priority } from '../spec/index.ts';
import type { Calls } from './answer/calls.ts';
import type { ErrorPlace } from './edge/errors.ts';
import type { LazyBatches } from './lazy-batches.ts';
import type { LazyContexts } from './lazy-contexts.ts';
import type { LazyProfiles } from './lazy-profiles.ts';
import type { ServerLimits } from './edge/limits.ts';
import type { ServerMetrics } from './edge/metrics.ts';

/** What the routes share. */
export interface ServerContext {
  readonly service: InferenceService;
  readonly limits: ServerLimits;
  readonly calls: Calls;
  readonly profiles: LazyProfiles;
  readonly batches: LazyBatches;
  readonly contexts: LazyContexts;
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  readonly logPrompts: boolean;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What is known of a request when its answer ends, for the log. */
interface RequestRecord {
  model?: string;
  choices?: number;
  promptTokens?: number;
  completionTokens?: number;
  prompt?: unknown;
  /** Code of the error it ended with, also of one in the middle of a stream. */
  error?: string;
  /** Of a stream: resolves when the last of it is written. */
  streamed?: Promise<void>;
}

export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Aborts when the client has gone. */
    client: AbortSignal;
    /** A hash of the key that was shown. */
    owner: string;
    /** Whether somebody waits for the answer. */
    priority: Priority;
    record: RequestRecord;
    /** What the request calls what errors name. */
    place: ErrorPlace;
  };
}
