import { Worker } from 'node:worker_threads';

import { resolveLimits, type ProgramLimits } from './limits.ts';
import type { ProgramOutcome } from '../program-outcome.ts';
import { findQuickJs, missingQuickJs, type QuickJsPaths } from './quickjs-packages.ts';
import { quickJsProgram, type ProgramAnswer, type ProgramRun } from './quickjs-program.ts';
import { onAbort } from '../../waiting/index.ts';

export interface ProgramOptions extends Partial<ProgramLimits> {
  readonly signal?: AbortSignal;
  /** Where QuickJS is; by default the packages that are installed. */
  readonly quickJs?: QuickJsPaths;
}

/** Of the thread itself, in MiB; the program's own heap is WebAssembly memory. */
const THREAD_HEAP_MB = 64;

/**
 * Runs a script in QuickJS, a JavaScript interpreter compiled to WebAssembly, in a thread and an
 * interpreter of its own: no program sees another's globals, files, the network or Node. It passes if it
 * ends without throwing; where its last expression is a promise, if that is fulfilled. What it takes too
 * long for or breaks is contained and counts as failed.
 * @throws LibraryError if QuickJS is not installed; InvalidOptionError for limits out of range; the
 *   signal's reason.
 */
export async function runProgram(
  source: string,
  { signal, quickJs, ...given }: ProgramOptions = {},
): Promise<ProgramOutcome> {
  signal?.throwIfAborted();
  const limits = resolveLimits(given);
  const run: ProgramRun = { source, limits, ...(quickJs ?? findQuickJs()) };
  const worker = new Worker(quickJsProgram, {
    eval: true,
    workerData: run,
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
  });
  try {
    return await outcomeOf(worker, limits, signal);
  } finally {
    await worker.terminate();
  }
}

function outcomeOf(
  worker: Worker,
  { timeoutMs }: ProgramLimits,
  signal: AbortSignal | undefined,
): Promise<ProgramOutcome> {
  let timer: NodeJS.Timeout | undefined;
  let stay: (() => void) | undefined;
  return new Promise<ProgramOutcome>((resolve, reject) => {
    const fail = (reason: 'time' | 'crash', message: string): void =>
      resolve({ passed: false, reason, message });
    stay = onAbort(signal, reject);
    worker.on('message', (answer: ProgramAnswer) => {
      if (answer.kind === 'unavailable') reject(missingQuickJs(new Error(answer.message)));
      else if (answer.kind !== 'ready') resolve(toOutcome(answer));
      else timer = setTimeout(() => fail('time', `It ran longer than ${timeoutMs} ms.`), timeoutMs);
    });
    worker.on('error', (error) => fail('crash', `It broke its interpreter: ${String(error)}`));
    worker.on('exit', (code) => fail('crash', `Its thread ended with ${code} before it did.`));
  }).finally(() => {
    clearTimeout(timer);
    stay?.();
  });
}

function toOutcome(
  answer: Exclude<ProgramAnswer, { readonly kind: 'ready' | 'unavailable' }>,
): ProgramOutcome {
  if (answer.kind === 'passed') return { passed: true };
  if (answer.kind === 'pending') {
    return { passed: false, reason: 'pending', message: 'Its promise is never settled.' };
  }
  const { name, message } = answer;
  return { passed: false, reason: limitOf(message) ?? 'error', message: `${name}: ${message}` };
}

/** The limit that QuickJS says a program ran out of. */
function limitOf(message: string): 'memory' | 'stack' | undefined {
  if (message === 'out of memory') return 'memory';
  // The second is that of a WebAssembly engine under a deep native recursion.
  return message === 'stack overflow' || message === 'Maximum call stack size exceeded'
    ? 'stack'
    : undefined;
}
