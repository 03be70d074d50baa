import { homedir } from 'node:os';
import path from 'node:path';

/** Environment variable naming the folder for what Trimtab keeps. */
export const dataDirectoryVariable = 'TRIMTAB_DATA_DIR';

/** What decides where data is kept; the process's own by default. */
export interface DataDirectoryPlace {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * Where Trimtab keeps what it must not lose: `$TRIMTAB_DATA_DIR`, or the platform's place. Not created.
 * @see https://specifications.freedesktop.org/basedir-spec/ (relative paths there are to be ignored)
 */
export function dataDirectory({
  environment = process.env,
  platform = process.platform,
  home = homedir(),
}: DataDirectoryPlace = {}): string {
  const named = environment[dataDirectoryVariable];
  if (named !== undefined && named !== '') return path.resolve(named);
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'trimtab');
  if (platform === 'win32') {
    const { LOCALAPPDATA: local = path.win32.join(home, 'AppData', 'Local') } = environment;
    return path.win32.join(local, 'trimtab');
  }
  const { XDG_DATA_HOME: xdg = '' } = environment;
  const base = path.posix.isAbsolute(xdg) ? xdg : path.posix.join(home, '.local', 'share');
  return path.posix.join(base, 'trimtab');
}
