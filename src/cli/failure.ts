import { CommanderError } from 'commander';

import { InvalidOptionError, RecipeError, TrimtabError, type ErrorCode } from '../spec/index.ts';
import type { Cli } from './cli.ts';
import { Interrupted, OutputClosed, OutputFailed } from './interruption.ts';
import { flagOf } from './options/flag-names.ts';
import { isSystemError, reasonOf } from './system-error.ts';

/** What the process ends with. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** The command did its work, and what it has written says what failed. */
export class FailureSaid extends Error {
  override readonly name = 'FailureSaid';
}

/** The command was called in a way that it does not understand. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Says what went wrong on stderr. @returns The exit code. */
export function reportFailure(error: unknown, { err }: Pick<Cli, 'err'>): number {
  if (error instanceof OutputClosed) return exitCodes.ok;
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof FailureSaid) return exitCodes.failed;
  // commander has already said it, or printed the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const { red, hint } = { red: err.palette.bad, hint: err.palette.dim };
  err.write(`${red('error:')} ${err.plain(describeFailure(error))}\n`);
  const fault = faultOf(error);
  if (process.env['TRIMTAB_DEBUG'] === '1') {
    err.write(`${err.plain(stackOf(error))}\n`);
  } else if (fault === 'ours') {
    err.write(`${hint(ourFault)}\n`);
  }
  return fault === 'call' ? exitCodes.usage : exitCodes.failed;
}

const ourFault =
  'This is a fault of Trimtab: TRIMTAB_DEBUG=1 shows where it happened. Report it with that, the command and ' +
  'the recipe.';

/** What is at fault: the call, what the call works with, or Trimtab. */
type Fault = 'call' | 'work' | 'ours';

const faults: Readonly<Record<ErrorCode, Fault>> = {
  broken_contract: 'ours',
  // Where it names no flag, it came up in the work.
  invalid_option: 'work',
  invalid_recipe: 'call',
  profile_not_found: 'call',
  // One that only fails once it is used fits no answer of the length that was asked for.
  invalid_constraint: 'call',
  invalid_formula: 'work',
  invalid_gguf: 'work',
  library_unavailable: 'work',
  model_load_failed: 'work',
  insufficient_memory: 'work',
  native_call_failed: 'work',
  kv_cache_full: 'work',
  context_length_exceeded: 'work',
  truncate_unsupported: 'work',
  vocabulary_mismatch: 'work',
  non_finite_logits: 'work',
  empty_support: 'work',
  template_failed: 'work',
  reward_failed: 'work',
  disposed: 'work',
  model_not_found: 'work',
  queue_full: 'work',
  deadline_exceeded: 'work',
  engine_unavailable: 'work',
  storage_failed: 'work',
  hub_failed: 'work',
  remote_model_failed: 'work',
};

function faultOf(error: unknown): Fault {
  if (error instanceof UsageError || flagOfError(error) !== undefined) return 'call';
  if (error instanceof TrimtabError) return isErrorCode(error.code) ? faults[error.code] : 'work';
  return error instanceof OutputFailed || isSystemError(error) ? 'work' : 'ours';
}

/** Others are of an evaluation, or of a server. */
function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(faults, code);
}

/** What an error says, with its flag or its place in a file. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const flag = flagOfError(error);
  if (flag !== undefined) return `${flag}: ${error.message}`;
  if (error instanceof RecipeError) return `${placeOf(error)}${error.message}`;
  if (isSystemError(error)) {
    return `${error.path ?? error.syscall ?? 'The system'}: ${reasonOf(error)}.`;
  }
  return error.message;
}

/** `file:line:column: `, unless the message begins with it. */
function placeOf({ file, line, column, message }: RecipeError): string {
  if (file === undefined || message.startsWith(file)) return '';
  const place = [file, line, column].filter((part) => part !== undefined);
  return `${place.join(':')}: `;
}

function flagOfError(error: unknown): string | undefined {
  return error instanceof InvalidOptionError ? flagOf(error.option) : undefined;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
