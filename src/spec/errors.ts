/** Options every error takes: the error that caused it, if any. */
export interface ErrorContext {
  readonly cause?: unknown;
}

/**
 * The base of every error Trimtab throws on purpose. `code` is stable and may be matched on
 * ({@link ErrorCode} are those of this file); the message says what happened, where, with which numbers, and
 * what to do. Aborts are not wrapped: they reject with `signal.reason`.
 */
export abstract class TrimtabError extends Error {
  abstract readonly code: string;

  constructor(message: string, context: ErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined);
    this.name = new.target.name;
  }
}

/**
 * An option, request parameter, flag or field of a document that is unknown, of the wrong type or out of
 * range: somebody outside this code chose it, and can choose another. What no choice of theirs brings
 * about is a {@link ContractError}.
 */
export class InvalidOptionError extends TrimtabError {
  readonly code = 'invalid_option';
  /** The option's name as its caller wrote it, e.g. `params.alpha`. */
  readonly option: string;

  constructor(option: string, message: string, context?: ErrorContext) {
    super(message, context);
    this.option = option;
  }
}

/**
 * Code called other code against its contract: out of turn, with a row of another length, with a handle
 * that is not its own, or it gave back what its interface rules out. No request, document or flag brings it
 * about where all code keeps its contracts: it is a fault of Trimtab, or of code that calls the low-level
 * doors (`trimtab/math`, `trimtab/compose`, `trimtab/llama`, …) or implements their interfaces.
 */
export class ContractError extends TrimtabError {
  readonly code = 'broken_contract';
}

/** A recipe that cannot be used; `line` and `column` count from 1 where they are known. */
export class RecipeError extends TrimtabError {
  readonly code = 'invalid_recipe';
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(
    message: string,
    place: {
      file?: string | undefined;
      line?: number | undefined;
      column?: number | undefined;
    } = {},
    context?: ErrorContext,
  ) {
    super(message, context);
    this.file = place.file;
    this.line = place.line;
    this.column = place.column;
  }
}

/** A formula that does not parse or is not linear; `position` is the offset in its text, from 0. */
export class FormulaError extends TrimtabError {
  readonly code = 'invalid_formula';
  readonly position: number;

  constructor(message: string, position: number, context?: ErrorContext) {
    super(message, context);
    this.position = position;
  }
}

/** A GGUF file whose header is malformed, truncated or beyond the limits; `field` names the place. */
export class GgufError extends TrimtabError {
  readonly code = 'invalid_gguf';
  readonly field: string;

  constructor(field: string, message: string, context?: ErrorContext) {
    super(message, context);
    this.field = field;
  }
}

/** libllama cannot be found, loaded, or is not the library whose layout we know. */
export class LibraryError extends TrimtabError {
  readonly code = 'library_unavailable';
}

/** A model, context or adapter that libllama refuses to create. */
export class ModelLoadError extends TrimtabError {
  readonly code = 'model_load_failed';
}

/** The models, their caches and buffers do not fit into the memory that is available. */
export class InsufficientMemoryError extends TrimtabError {
  readonly code = 'insufficient_memory';
}

/** A native call that failed with a status that no other error describes. */
export class NativeCallError extends TrimtabError {
  readonly code = 'native_call_failed';
  readonly status: number;

  constructor(call: string, status: number, hint = '') {
    super(`${call} failed with status ${status}.${hint === '' ? '' : ` ${hint}`}`);
    this.status = status;
  }
}

/** No free KV-cache cells or sequences for the work submitted. */
export class KvCacheFullError extends TrimtabError {
  readonly code = 'kv_cache_full';
}

/** A prompt, or a prompt and its answer, longer than the context. */
export class ContextLengthError extends TrimtabError {
  readonly code = 'context_length_exceeded';
}

/** A sequence that cannot drop its tail, e.g. of a recurrent model. */
export class TruncateError extends TrimtabError {
  readonly code = 'truncate_unsupported';
}

/** Two models whose vocabularies cannot be aligned; the message names the first differing token. */
export class VocabularyMismatchError extends TrimtabError {
  readonly code = 'vocabulary_mismatch';
}

/** A model produced NaN or an infinity; the message names the model and the position. */
export class NonFiniteLogitsError extends TrimtabError {
  readonly code = 'non_finite_logits';
}

/** Every token is banned: nothing can be chosen. */
export class EmptySupportError extends TrimtabError {
  readonly code = 'empty_support';
}

/** A chat template that does not parse, fails, or exceeds its limits of steps, memory or length. */
export class TemplateError extends TrimtabError {
  readonly code = 'template_failed';
}

/**
 * A constraint that does not parse, asks for what is not supported, or is too large; `path` is the
 * place in it: a JSON pointer in a schema, an offset in a text.
 */
export class ConstraintError extends TrimtabError {
  readonly code = 'invalid_constraint';
  readonly path: string;

  constructor(path: string, message: string, context?: ErrorContext) {
    super(message, context);
    this.path = path;
  }
}

/** A reward that threw, took too long, or gave what is no finite number; the message names it. */
export class RewardError extends TrimtabError {
  readonly code = 'reward_failed';
  readonly reward: string;

  constructor(reward: string, message: string, context?: ErrorContext) {
    super(message, context);
    this.reward = reward;
  }
}

/** A handle used after it was disposed of. */
export class DisposedError extends TrimtabError {
  readonly code = 'disposed';
}

/** A recipe, or a model of one, that is not served. */
export class ModelNotFoundError extends TrimtabError {
  readonly code = 'model_not_found';
}

/** More requests wait than the queue holds; try again after `retryAfterSeconds`. */
export class QueueFullError extends TrimtabError {
  readonly code = 'queue_full';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number, context?: ErrorContext) {
    super(message, context);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A request that took longer than its deadline allows. */
export class DeadlineError extends TrimtabError {
  readonly code = 'deadline_exceeded';
}

/** The engine's process ended while it worked, or is starting again. */
export class EngineUnavailableError extends TrimtabError {
  readonly code = 'engine_unavailable';
}

/** Why a store could not do what it was asked to. */
export type StoreFailure =
  | 'full'
  | 'read-only'
  | 'corrupt'
  | 'locked'
  | 'newer'
  /** A database that cannot be reached, or lets nobody in. */
  | 'unavailable'
  | 'other';

/** What is kept on disk cannot be read or written; nothing that was acknowledged is lost by it. */
export class StoreError extends TrimtabError {
  readonly code = 'storage_failed';
  readonly reason: StoreFailure;

  constructor(reason: StoreFailure, message: string, context?: ErrorContext) {
    super(message, context);
    this.reason = reason;
  }
}

/** A profile that the one who asks does not have; whether another has it is not said. */
export class ProfileNotFoundError extends TrimtabError {
  readonly code = 'profile_not_found';
}

/** Why a model of a hub cannot be had. */
export type HubFailure =
  /** No such model, revision or file there, or none that whoever asks may see. */
  | 'not-found'
  /** Its owner lets in only those who have asked, or the token is wrong. */
  | 'forbidden'
  | 'rate-limited'
  /** The hub cannot be reached, fails, or breaks off. */
  | 'unavailable'
  /** It is not in the cache, and the network is not to be used. */
  | 'offline'
  /** The hub names a place that is not gone to: another file, a private address, a plain connection. */
  | 'refused'
  /** What came is not what the hub announced. */
  | 'corrupt'
  | 'no-space'
  /** The name fits several files, or none of those there are. */
  | 'ambiguous'
  /** Somebody uses it, or is fetching it. */
  | 'in-use';

/** A model of a hub that cannot be found, fetched, or kept. */
export class HubError extends TrimtabError {
  readonly code = 'hub_failed';
  readonly reason: HubFailure;

  constructor(reason: HubFailure, message: string, context?: ErrorContext) {
    super(message, context);
    this.reason = reason;
  }
}

/** Why a model behind a server cannot be asked. */
export type RemoteModelFailure =
  /** Nobody answers, or what answers fails, also when it was asked again. */
  | 'unavailable'
  | 'timeout'
  /** It wants to be left alone for longer than a request waits. */
  | 'rate-limited'
  /** The key is missing or wrong. */
  | 'forbidden'
  /** It refuses what it is asked, or cannot do it. */
  | 'refused'
  /** What came is not what was asked for. */
  | 'corrupt'
  /** It is not the model any more that it was when the recipe was loaded. */
  | 'changed';

/** A model behind a server that could not be asked, or gave what cannot be used; the message names the server. */
export class RemoteModelError extends TrimtabError {
  readonly code = 'remote_model_failed';
  readonly reason: RemoteModelFailure;

  constructor(reason: RemoteModelFailure, message: string, context?: ErrorContext) {
    super(message, context);
    this.reason = reason;
  }
}
