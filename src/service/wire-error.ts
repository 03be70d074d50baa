import {
  ConstraintError,
  ContextLengthError,
  ContractError,
  DeadlineError,
  DisposedError,
  EmptySupportError,
  EngineUnavailableError,
  FormulaError,
  GgufError,
  HubError,
  RemoteModelError,
  InsufficientMemoryError,
  InvalidOptionError,
  KvCacheFullError,
  LibraryError,
  ModelLoadError,
  ModelNotFoundError,
  NativeCallError,
  NonFiniteLogitsError,
  ProfileNotFoundError,
  QueueFullError,
  RecipeError,
  RewardError,
  StoreError,
  TemplateError,
  TrimtabError,
  TruncateError,
  VocabularyMismatchError,
  type ErrorCode,
  type ErrorContext,
  type HubFailure,
  type RemoteModelFailure,
  type StoreFailure,
} from '../spec/index.ts';

/** An error as it crosses between processes. */
export interface WireError {
  /** Of a {@link TrimtabError}; `null` of any other error. */
  readonly code: string | null;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** What its class has beside these, e.g. `retryAfterSeconds`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: WireError | null;
}

/** Causes of causes that cross: a circle of them must end. */
const maxCauses = 4;

export function toWireError(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) {
    const message = String(error);
    return { code: null, name: 'Error', message, stack: undefined, fields: {}, cause: null };
  }
  const { name, message, stack, cause } = error;
  const hasCause = cause !== undefined && depth < maxCauses;
  const shown = { name, message, stack, cause: hasCause ? toWireError(cause, depth + 1) : null };
  if (!(error instanceof TrimtabError)) return { code: null, fields: {}, ...shown };
  const { code, name: _, ...fields } = error;
  return { code, fields, ...shown };
}

/** The error again, of the same class. */
export function fromWireError(wire: WireError): Error {
  const { code, name, message, stack } = wire;
  const context = wire.cause === null ? {} : { cause: fromWireError(wire.cause) };
  const revived = code === null ? undefined : reviveError(code, message, wire.fields, context);
  const error = revived ?? new Error(message, context);
  if (error.name !== name) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** An error by its code; `undefined` for a code that is none of ours. */
export function reviveError(
  code: string,
  message: string,
  fields: WireError['fields'],
  context: ErrorContext = {},
): TrimtabError | undefined {
  return isErrorCode(code) ? revivals[code](message, fields, context) : undefined;
}

/** Another code is of an error that only the other side knows. */
function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(revivals, code);
}

type Revival<Code extends ErrorCode> = (
  message: string,
  fields: Readonly<Record<string, unknown>>,
  context: ErrorContext,
) => TrimtabError & { readonly code: Code };

function simple<Code extends ErrorCode>(
  ErrorClass: new (
    message: string,
    context?: ErrorContext,
  ) => TrimtabError & { readonly code: Code },
): Revival<Code> {
  return (message, _, context) => new ErrorClass(message, context);
}

/** By code: an error of one code is again of the class that has it. */
const revivals: { readonly [Code in ErrorCode]: Revival<Code> } = {
  broken_contract: simple(ContractError),
  invalid_option: (message, { option }, context) =>
    new InvalidOptionError(option as string, message, context),
  invalid_recipe: (message, place, context) => new RecipeError(message, place, context),
  invalid_formula: (message, { position }, context) =>
    new FormulaError(message, position as number, context),
  invalid_constraint: (message, { path }, context) =>
    new ConstraintError(path as string, message, context),
  reward_failed: (message, { reward }, context) =>
    new RewardError(reward as string, message, context),
  invalid_gguf: (message, { field }, context) => new GgufError(field as string, message, context),
  native_call_failed: (message, { status }) => {
    const error = new NativeCallError('', status as number);
    error.message = message;
    return error;
  },
  queue_full: (message, { retryAfterSeconds }, context) =>
    new QueueFullError(message, retryAfterSeconds as number, context),
  storage_failed: (message, { reason }, context) =>
    new StoreError(reason as StoreFailure, message, context),
  hub_failed: (message, { reason }, context) =>
    new HubError(reason as HubFailure, message, context),
  remote_model_failed: (message, { reason }, context) =>
    new RemoteModelError(reason as RemoteModelFailure, message, context),
  library_unavailable: simple(LibraryError),
  model_load_failed: simple(ModelLoadError),
  insufficient_memory: simple(InsufficientMemoryError),
  kv_cache_full: simple(KvCacheFullError),
  context_length_exceeded: simple(ContextLengthError),
  truncate_unsupported: simple(TruncateError),
  vocabulary_mismatch: simple(VocabularyMismatchError),
  non_finite_logits: simple(NonFiniteLogitsError),
  empty_support: simple(EmptySupportError),
  template_failed: simple(TemplateError),
  disposed: simple(DisposedError),
  model_not_found: simple(ModelNotFoundError),
  profile_not_found: simple(ProfileNotFoundError),
  deadline_exceeded: simple(DeadlineError),
  engine_unavailable: simple(EngineUnavailableError),
};
