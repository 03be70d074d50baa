import type { ContentfulStatusCode } from 'hono/utils/http-status';

import {
  ConstraintError,
  InvalidOptionError,
  QueueFullError,
  RemoteModelError,
  StoreError,
  TrimtabError,
  type ErrorCode,
  type ErrorContext,
} from '../../spec/index.ts';
import type { ContextErrorCode } from '../../contexts/index.ts';
import type { JobErrorCode } from '../../jobs/index.ts';
import type { RequestedConstraint } from '../wire/constraint-fields.ts';
import { isOfConversation, renameIn, toOpenAiMessage, toOpenAiName } from '../wire/option-names.ts';

/** What is refused before it becomes a request to the service. */
export class RefusedError extends TrimtabError {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, context?: ErrorContext) {
    super(message, context);
    this.code = code;
  }
}

type RefusalCode =
  | 'malformed_json'
  | 'malformed_request'
  | 'request_timeout'
  | 'headers_too_large'
  | 'invalid_api_key'
  | 'forbidden_host'
  | 'forbidden_origin'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'too_many_requests'
  | 'profiles_off'
  | 'batches_off'
  | 'contexts_off'
  | 'conflict'
  | 'limit_reached'
  | 'client_closed'
  | 'reader_stalled'
  | 'server_stopping';

type AnsweredCode = ErrorCode | RefusalCode | JobErrorCode | ContextErrorCode | 'internal_error';

interface Mapping {
  readonly status: ContentfulStatusCode;
  readonly type: string;
  /** Seconds until another try is worth it; without them a try would end the same way. */
  readonly retryAfter?: number;
}

const invalid = 'invalid_request_error';

/** Every error code: the library's, the server's own, and `internal_error` for what is neither. */
export const errorMappings: Readonly<Record<AnsweredCode, Mapping>> = {
  invalid_option: { status: 400, type: invalid },
  invalid_constraint: { status: 400, type: invalid },
  malformed_json: { status: 400, type: invalid },
  malformed_request: { status: 400, type: invalid },
  context_length_exceeded: { status: 400, type: invalid },
  invalid_api_key: { status: 401, type: 'authentication_error' },
  forbidden_host: { status: 403, type: 'permission_error' },
  forbidden_origin: { status: 403, type: 'permission_error' },
  model_not_found: { status: 404, type: invalid },
  profile_not_found: { status: 404, type: invalid },
  profiles_off: { status: 404, type: invalid },
  file_not_found: { status: 404, type: invalid },
  batch_not_found: { status: 404, type: invalid },
  batches_off: { status: 404, type: invalid },
  context_not_found: { status: 404, type: invalid },
  contexts_off: { status: 404, type: invalid },
  route_not_found: { status: 404, type: invalid },
  method_not_allowed: { status: 405, type: invalid },
  request_timeout: { status: 408, type: invalid },
  conflict: { status: 409, type: invalid },
  context_exists: { status: 409, type: invalid },
  limit_reached: { status: 409, type: invalid },
  body_too_large: { status: 413, type: invalid },
  file_too_large: { status: 413, type: invalid },
  unsupported_media_type: { status: 415, type: invalid },
  invalid_recipe: { status: 422, type: invalid },
  invalid_formula: { status: 422, type: invalid },
  invalid_gguf: { status: 422, type: invalid },
  template_failed: { status: 422, type: invalid },
  vocabulary_mismatch: { status: 422, type: invalid },
  // What the request bans and what its constraint allows leave no token.
  empty_support: { status: 422, type: invalid },
  queue_full: { status: 429, type: 'rate_limit_error', retryAfter: 1 },
  too_many_requests: { status: 429, type: 'rate_limit_error', retryAfter: 1 },
  headers_too_large: { status: 431, type: invalid },
  // Nobody reads it; nginx's number for logs and counts.
  client_closed: { status: 499 as ContentfulStatusCode, type: invalid },
  // The last chunk of a stream, should it be read after all; 408 is for the counts.
  reader_stalled: { status: 408, type: invalid },
  internal_error: { status: 500, type: 'server_error' },
  broken_contract: { status: 500, type: 'server_error' },
  non_finite_logits: { status: 500, type: 'server_error' },
  reward_failed: { status: 500, type: 'server_error' },
  native_call_failed: { status: 500, type: 'server_error' },
  model_load_failed: { status: 500, type: 'server_error' },
  library_unavailable: { status: 500, type: 'server_error' },
  truncate_unsupported: { status: 500, type: 'server_error' },
  hub_failed: { status: 502, type: 'server_error' },
  remote_model_failed: { status: 502, type: 'server_error' },
  engine_unavailable: { status: 503, type: 'server_error', retryAfter: 1 },
  kv_cache_full: { status: 503, type: 'server_error', retryAfter: 1 },
  server_stopping: { status: 503, type: 'server_error', retryAfter: 5 },
  disposed: { status: 503, type: 'server_error', retryAfter: 5 },
  deadline_exceeded: { status: 504, type: 'server_error' },
  // Not 503: nothing frees the memory by itself, so a client should not come back at once.
  insufficient_memory: { status: 507, type: 'server_error' },
  storage_failed: { status: 507, type: 'server_error' },
};

/** A database that cannot be reached may be back soon; a full disk will not. */
const away: Mapping = { status: 503, type: 'server_error', retryAfter: 5 };

function isAway(error: TrimtabError | null): boolean {
  return error instanceof StoreError && error.reason === 'unavailable';
}

/** OpenAI's error object; `usage` is what a request had used when its deadline ended it. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
  readonly usage?: { readonly completion_tokens: number };
}

export interface ErrorAnswer {
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** Where an error happened. */
export interface ErrorPlace {
  /** Tokens generated before it, reported with a deadline. */
  readonly completionTokens?: number | undefined;
  /** What the request calls its prompt. */
  readonly promptParam?: 'messages' | 'prompt' | 'input';
  /** What the request calls its profile; `null` is its path. */
  readonly profileParam?: 'trimtab.profile' | null;
  /** What the request calls its recipe. */
  readonly modelParam?: 'model' | 'recipe';
  /** What the request says of the answer; a constraint of the recipe has no param. */
  readonly constraint?: RequestedConstraint | undefined;
  /** The request's name of what a chat calls so. */
  readonly rename?: (param: string) => string;
}

export function toErrorAnswer(error: unknown, place: ErrorPlace = {}): ErrorAnswer {
  const known = isKnown(error) ? error : null;
  const code = known?.code ?? 'internal_error';
  const { type, retryAfter, ...mapping } = isAway(known) ? away : errorMappings[code];
  const isLate = known instanceof RemoteModelError && known.reason === 'timeout';
  const status = isLate ? 504 : mapping.status;
  const usage = code === 'deadline_exceeded' && {
    usage: { completion_tokens: place.completionTokens ?? 0 },
  };
  const chatParam = known && paramOf(known, place);
  const param = chatParam && (place.rename?.(chatParam) ?? chatParam);
  const message = known ? messageOf(known) : 'The server failed. Its log says why.';
  const body = {
    error: {
      message: chatParam && param ? renameIn(message, chatParam, param) : message,
      type,
      param,
      code,
    },
    ...usage,
  };
  return { status, headers: retryHeaders(error, status, retryAfter), body };
}

/** Codes of other errors say nothing to clients. */
function isKnown(error: unknown): error is TrimtabError & { readonly code: AnsweredCode } {
  return error instanceof TrimtabError && Object.hasOwn(errorMappings, error.code);
}

/** The openai package repeats 409, 429 and all from 500 on unless it is told otherwise. */
function retryHeaders(
  error: unknown,
  status: number,
  retryAfter: number | undefined,
): Record<string, string> {
  const isRepeated = status === 409 || status >= 500;
  if (retryAfter === undefined) return isRepeated ? { 'x-should-retry': 'false' } : {};
  const seconds = error instanceof QueueFullError ? error.retryAfterSeconds : retryAfter;
  return { 'retry-after': String(Math.ceil(seconds)), 'x-should-retry': 'true' };
}

function messageOf(error: TrimtabError): string {
  return error instanceof InvalidOptionError
    ? toOpenAiMessage(error.option, error.message)
    : error.message;
}

function paramOf(error: TrimtabError, place: ErrorPlace): string | null {
  const { promptParam = 'prompt', profileParam = null, modelParam = 'model', constraint } = place;
  if (error.code === 'context_length_exceeded') return promptParam;
  if (error.code === 'model_not_found') return modelParam;
  if (error.code === 'profile_not_found' || error.code === 'profiles_off') return profileParam;
  if (error instanceof ConstraintError) {
    return isOfConversation(error.path)
      ? toOpenAiName(error.path)
      : (constraint?.paramOf(error.path) ?? null);
  }
  if (!(error instanceof InvalidOptionError) || error.option === '') return null;
  return error.option === 'prompt' ? promptParam : toOpenAiName(error.option);
}
