import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';

import type { Cli } from '../../src/cli/cli.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { createOutput } from '../../src/cli/output.ts';
import type { EngineOptions } from '../../src/index.ts';
import { builtFile } from './built.ts';
import { FakeTerminal, type Dialogue } from './fake-terminal.ts';

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

export interface CommandOptions {
  /** What is piped in; nothing by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunOptions extends CommandOptions {
  readonly cwd?: string;
  /** The input is what is typed. */
  readonly dialogue?: Dialogue;
  /** Called with the running process and what it has written so far. */
  readonly onOutput?: (process: ChildProcess, stdout: string) => void;
}

const commandOf = (args: readonly string[]): string[] => [builtFile('cli/main.js'), ...args];

/**
 * Runs the command line in this process, its streams being pipes: a command takes as long as its work.
 * @param options.signal - Interrupts it, as Ctrl-C would.
 * @param options.onOutput - Called with what it has written so far.
 */
export async function trimtab(
  args: readonly string[],
  options: CommandOptions & {
    readonly signal?: AbortSignal;
    readonly onOutput?: (stdout: string) => void;
    /** Makes both outputs terminals of so many columns. */
    readonly columns?: number;
    /** What is typed on the terminal, so that both outputs are. */
    readonly dialogue?: Dialogue;
    readonly engineOptions?: EngineOptions;
    /** Milliseconds from any origin; by default the time. */
    readonly now?: () => number;
  } = {},
): Promise<Ended> {
  const { input = '', env = {}, signal = new AbortController().signal, onOutput } = options;
  const { dialogue, columns = dialogue && 80, engineOptions } = options;
  const { now = () => performance.now() } = options;
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  const written = { stdout: '', stderr: '' };
  const show = (name: keyof typeof written, text: string): void => {
    written[name] += text;
    if (name === 'stdout') onOutput?.(written.stdout);
    terminal?.see(text);
  };
  const terminal = dialogue && new FakeTerminal(columns!, dialogue, (text) => show('stdout', text));
  const capture = (name: keyof typeof written) =>
    createOutput(
      {
        ...(columns !== undefined && { isTTY: true, columns }),
        write: (text) => show(name, text),
      },
      args,
      { ...inherited, ...env },
    );
  const cli: Cli = {
    out: capture('stdout'),
    err: capture('stderr'),
    input: terminal?.input ?? (Readable.from([Buffer.from(input)]) as Cli['input']),
    screen: terminal?.screen ?? new Writable(),
    interruption: terminal?.interruption ?? {
      signal,
      intercept: () => ({ [Symbol.dispose]: () => {} }),
    },
    now,
    ...(engineOptions !== undefined && { engineOptions }),
  };
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  try {
    const code = await runCommandLine(args, cli);
    return { code, ...written };
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/**
 * The same as a process of its own: for what only a process has, such as signals, a pipe that closes,
 * or an environment that is read once.
 */
export function trimtabProcess(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(process.execPath, commandOf(args), options);
}

/** The same on a terminal of 100 columns, where both outputs are one. Needs util-linux's `script`. */
export function trimtabOnTerminal(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const quoted = [process.execPath, ...commandOf(args)].map((part) => `'${part}'`).join(' ');
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
