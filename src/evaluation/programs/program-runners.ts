import { InvalidOptionError } from '../../spec/index.ts';
import type { EvaluationTask, ProgramLanguage } from '../task.ts';
import { findPython } from './find-python.ts';
import { findQuickJs } from './quickjs-packages.ts';
import type { ProgramOutcome } from '../program-outcome.ts';
import { runProgram } from './run-program.ts';
import { runPython } from './run-python.ts';

/** What an evaluation may do with generated programs. */
export interface ProgramPermissions {
  /** Run Python on this machine: contained against accidents, not sandboxed. JavaScript needs no leave. */
  readonly python?: boolean;
}

/** Runs a script in the language it is for. */
type ProgramRunner = (source: string, signal: AbortSignal) => Promise<ProgramOutcome>;

/** One for each language of a task's programs. */
export type ProgramRunners = ReadonlyMap<ProgramLanguage, ProgramRunner>;

/**
 * What runs the programs of these tasks.
 * @throws InvalidOptionError for programs that may not run; LibraryError for a missing interpreter.
 */
export async function openProgramRunners(
  tasks: readonly EvaluationTask[],
  { python = false }: ProgramPermissions,
): Promise<ProgramRunners> {
  const runners = new Map<ProgramLanguage, ProgramRunner>();
  for (const { name, items } of tasks) {
    for (const item of items) {
      if (item.kind !== 'program' || runners.has(item.language)) continue;
      if (item.language === 'python' && !python) throw notAllowed(name, item.id);
      runners.set(item.language, await open[item.language]());
    }
  }
  return runners;
}

const open: Readonly<Record<ProgramLanguage, () => Promise<ProgramRunner>>> = {
  async javascript() {
    const quickJs = findQuickJs();
    return (source, signal) => runProgram(source, { signal, quickJs });
  },
  async python() {
    const interpreter = await findPython();
    return (source, signal) => runPython(source, { signal, interpreter });
  },
};

function notAllowed(task: string, item: string): InvalidOptionError {
  return new InvalidOptionError(
    'programs.python',
    `${item} of the task ${task} is Python, which a model writes and this machine runs, without a ` +
      'sandbox: allow it (--allow-python, or programs: { python: true }), best in a container.',
  );
}
