import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
export const recipe = path.join(root, 'recipes/atlas-chat.yaml');

/** util-linux's program that gives a command a terminal. */
const terminalCommand = 'script';

export const hasTerminals =
  spawnSync(terminalCommand, ['--version']).stdout?.includes('util-linux') ?? false;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What is piped in; nothing by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is typed when something is read: the input is this, one after the other. */
  readonly dialogue?: readonly (readonly [onceRead: string, typed: string])[];
  /** Called with the running process and what it has written so far. */
  readonly onOutput?: (process: ChildProcess, stdout: string) => void;
}

const command = ['--import', 'tsx', path.join(root, 'src/cli/main.ts')];

/** Runs the command line as a process of its own, its streams being pipes. */
export function trimtab(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(process.execPath, [...command, ...args], options);
}

/** The same on a terminal of 100 columns, where both outputs are one. Needs util-linux's `script`. */
export function trimtabOnTerminal(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const quoted = [process.execPath, ...command, ...args].map((part) => `'${part}'`).join(' ');
  const line = `stty cols 100 rows 50; exec ${quoted}`;
  return run(terminalCommand, ['-qefc', line, '/dev/null'], options);
}

export function run(
  file: string,
  args: readonly string[],
  { input = '', env = {}, cwd = root, dialogue, onOutput }: RunOptions = {},
): Promise<Ended> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const child = spawn(file, args, { cwd, env: { ...inherited, TERM: 'xterm', ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onOutput?.(child, stdout);
    speak();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {}); // a process that does not read its input closes it
  if (dialogue === undefined) child.stdin.end(input);
  let said = 0;
  let heard = 0;
  function speak(): void {
    const [onceRead, typed] = dialogue?.[said] ?? [];
    const at = onceRead === undefined ? -1 : stdout.indexOf(onceRead, heard);
    if (at === -1) return;
    heard = at + onceRead!.length;
    said++;
    child.stdin.write(typed!);
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
