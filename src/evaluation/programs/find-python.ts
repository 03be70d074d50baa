import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { LibraryError } from '../../spec/index.ts';

/** Milliseconds that an interpreter may take to say where it is. */
const patienceMs = 60_000;

/** Audit hooks are of 3.8; limits of resources are of POSIX. */
const question =
  'import resource, sys; assert sys.version_info >= (3, 8); print(sys.executable, end="")';

/**
 * Path of the interpreter that `python3` is: what lies on the PATH may be a script that chooses one.
 * @param command - Name or path of it. @throws LibraryError saying what to install.
 */
export async function findPython(command = 'python3'): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, ['-I', '-c', question], {
      timeout: patienceMs,
    });
    return stdout;
  } catch (cause) {
    throw new LibraryError(
      `Generated Python is run by ${command}, which is not on the PATH or cannot be used: ` +
        'install Python 3.8 or newer, on Linux or macOS.',
      { cause },
    );
  }
}
