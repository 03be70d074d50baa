import { CommanderError } from 'commander';

import {
  ConstraintError,
  InvalidOptionError,
  ProfileNotFoundError,
  RecipeError,
  TrimtabError,
} from '../index.ts';
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
  const isUsage = isCalledWrongly(error);
  if (process.env['TRIMTAB_DEBUG'] === '1') {
    err.write(`${err.plain(stackOf(error))}\n`);
  } else if (!isUsage && isOurFault(error)) {
    err.write(`${hint('This is a fault of Trimtab: TRIMTAB_DEBUG=1 shows where it happened.')}\n`);
  }
  return isUsage ? exitCodes.usage : exitCodes.failed;
}

function isOurFault(error: unknown): boolean {
  const isKnown =
    error instanceof TrimtabError || error instanceof OutputFailed || isSystemError(error);
  return !isKnown;
}

/** A constraint that only fails once it is used fits no answer of the length that was asked for. */
function isCalledWrongly(error: unknown): boolean {
  return (
    error instanceof UsageError ||
    error instanceof ConstraintError ||
    error instanceof ProfileNotFoundError ||
    error instanceof RecipeError ||
    flagOfError(error) !== undefined
  );
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
