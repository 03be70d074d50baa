export type { ProgramFault, ProgramOutcome } from '../program-outcome.ts';
export type { QuickJsPaths } from './quickjs-packages.ts';
export type { ProgramLimits } from './limits.ts';
/** @public */
export { runProgram, type ProgramOptions } from './run-program.ts';
/** @public */
export { runPython, type PythonOptions } from './run-python.ts';
export {
  openProgramRunners,
  type ProgramPermissions,
  type ProgramRunners,
} from './program-runners.ts';
