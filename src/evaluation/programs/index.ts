export { programLimits, type ProgramLimits } from './limits.ts';
export type { ProgramFault, ProgramOutcome } from '../program-outcome.ts';
export type { QuickJsPaths } from './quickjs-packages.ts';
export { runProgram, type ProgramOptions } from './run-program.ts';
export { runPython, type PythonOptions } from './run-python.ts';
export {
  openProgramRunners,
  type ProgramPermissions,
  type ProgramRunners,
} from './program-runners.ts';
