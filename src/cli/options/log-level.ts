import { UsageError } from '../failure.ts';
import type { Output } from '../output.ts';

export interface LogFlags {
  readonly logLevel?: string;
  readonly quiet?: boolean;
}

export const logLevels = ['error', 'warn', 'info', 'debug', 'silent'];

/** From which level on a server logs: everything of note into a file, only what is wrong before people. */
export function logLevelOf(
  { isTerminal }: Pick<Output, 'isTerminal'>,
  { logLevel, quiet = false }: LogFlags,
): string {
  if (logLevel === undefined) return quiet || isTerminal ? 'warn' : 'info';
  if (logLevels.includes(logLevel)) return logLevel;
  throw new UsageError(`--log-level: it must be one of ${logLevels.join(', ')}, not ${logLevel}.`);
}
