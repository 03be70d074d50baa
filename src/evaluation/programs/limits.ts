import { InvalidOptionError } from '../../spec/index.ts';

/** What one program may take. */
export interface ProgramLimits {
  /** Milliseconds, once its interpreter is loaded. */
  readonly timeoutMs: number;
  /** MiB of its interpreter's memory, from 16, which that begins with, to 1024. */
  readonly memoryMb: number;
}

const programLimits = { timeoutMs: 3000, memoryMb: 128 } as const satisfies ProgramLimits;

/** @throws InvalidOptionError naming the limit that is out of range. */
export function resolveLimits(given: Partial<ProgramLimits>): ProgramLimits {
  const limits = { ...programLimits, ...given };
  requireInRange('timeoutMs', limits.timeoutMs, 1, 2 ** 31 - 1);
  requireInRange('memoryMb', limits.memoryMb, 16, 1024);
  return limits;
}

function requireInRange(option: string, value: number, from: number, to: number): void {
  if (value >= from && value <= to) return;
  throw new InvalidOptionError(
    option,
    `${option} must be a number from ${from} to ${to}, not ${value}.`,
  );
}
