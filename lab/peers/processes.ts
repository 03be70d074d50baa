// Programs that are measured, and what others take of the processors meanwhile.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

import { sum } from '../shared/numbers.ts';

/** A second of processor time in what Linux counts (`USER_HZ`). */
const ticksPerSecond = 100;

/** Others may take so much of one processor while something is measured. */
const quietShare = 0.05;
const tries = 6;

export interface Watched<Value> {
  readonly value: Value;
  /** Processors that programs beside this one and its children took meanwhile. */
  readonly others: number;
}

/** Measures; again where others were busy meanwhile, a few times. @returns The quietest. */
export async function quietly<Value>(measure: () => Promise<Value>): Promise<Watched<Value>> {
  let best: Watched<Value> | undefined;
  for (let i = 0; i < tries && (best === undefined || best.others > quietShare); i++) {
    const before = othersSeconds();
    const began = performance.now();
    const value = await measure();
    const others = (othersSeconds() - before) / ((performance.now() - began) / 1000);
    if (best === undefined || others < best.others) best = { value, others };
  }
  return best!;
}

/** A program's output as it comes, its exit code being 0. */
export async function runProgram(
  file: string,
  args: readonly string[],
  onStdout: (text: string) => void = () => {},
): Promise<{ readonly stdout: string; readonly stderr: string; readonly peakBytes: number }> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
    onStdout(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  let peakBytes = 0;
  const look = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid!));
  }, 50);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(look);
  if (code !== 0)
    throw new Error(`${file} ${args.join(' ')}: exit ${code}\n${output.stderr.slice(-2000)}`);
  return { ...output, peakBytes };
}

/** A server that runs until it is disposed of. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** Highest resident bytes of its processes, each at its own time. */
  peakBytes(): number;
}

/** Starts a server and waits until its `/health` says that it is ready. */
export async function startServer(
  file: string,
  args: readonly string[],
  port: number,
): Promise<RunningServer> {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`${file} ended: ${errors.slice(-2000)}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  return {
    url,
    peakBytes: () => sum([child.pid!, ...descendants(child.pid!)].map(peakOf)),
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false; // it does not listen yet
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
}

/** Highest resident bytes there have been (VmHWM), mapped files included; 0 of a process that has ended. */
function peakOf(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB/m.exec(readProc(`${pid}/status`) ?? '');
  return line === null ? 0 : Number(line[1]) * 1024;
}

/** Processor time of the whole machine less that of this process and its children. */
function othersSeconds(): number {
  const [, ...fields] = /^cpu +(.*)$/m.exec(readProc('stat') ?? '')?.[0].split(/ +/) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  const ours = sum([process.pid, ...descendants(process.pid)].map(ticksOf));
  return (user + nice + system + irq + softirq + steal - ours) / ticksPerSecond;
}

/** Of a process and its children that have ended. */
function ticksOf(pid: number): number {
  const fields = statOf(pid);
  return fields === undefined ? 0 : sum(fields.slice(11, 15).map(Number));
}

function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))?.[1]);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const below = (of: number): number[] =>
    (parents.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** The fields of `/proc/PID/stat` after the name, which may hold spaces. */
function statOf(pid: number): string[] | undefined {
  return readProc(`${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
}

function readProc(name: string): string | undefined {
  try {
    return readFileSync(`/proc/${name}`, 'utf8');
  } catch {
    return undefined; // it has ended
  }
}
