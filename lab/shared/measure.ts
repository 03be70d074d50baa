import { availableParallelism, cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { loadLlamaLibrary } from '../../src/llama/index.ts';

/** What repeated measurements say. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Of `above[i] / below[i]`, two measurements of the same round: what slows a round slows both. */
export function ratioOf(above: readonly number[], below: readonly number[]): Summary {
  const ratios = above.map((value, round) => value / below[round]!);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

/** What one step took, in milliseconds. */
export interface Cost {
  readonly elapsed: number;
  /** Of `elapsed`, inside the models' forwards. */
  readonly forwards: number;
  /** Of all the process's threads: what other processes do meanwhile does not count. */
  readonly processor: number;
}

export interface Rounds {
  /** Rounds that count. One more goes before them, to warm up. */
  readonly rounds: number;
  readonly onRound?: (done: number, of: number) => void;
}

/**
 * Measures every variant once a round, each round beginning with another one, after a collection of
 * garbage: what a variant leaves behind is not the next one's to clear away.
 * @returns By variant, one measurement a round.
 */
export async function interleave<Name extends string, Measurement>(
  variants: Readonly<Record<Name, () => Promise<Measurement>>>,
  { rounds, onRound }: Rounds,
): Promise<Record<Name, readonly Measurement[]>> {
  const names = Object.keys(variants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Measurement[]
  >;
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + 1) % names.length]!;
      collectGarbage();
      const value = await variants[name]();
      if (round >= 0) measured[name].push(value);
    }
    onRound?.(round + 1, rounds);
  }
  return measured;
}

/** Milliseconds of processor time since the last reading of `process.cpuUsage`. */
export function processorSince(earlier: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(earlier);
  return (user + system) / 1000;
}

let collect: (() => void) | undefined;

export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  readonly llamaCpp: string;
}

export function machineFacts(): MachineFacts {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    llamaCpp: loadLlamaLibrary().version,
  };
}

/** `1.02 (1.01–1.05)`: the median and the range. */
export function showRatio({ median: middle, min, max }: Summary): string {
  return `${middle.toFixed(3)} (${min.toFixed(3)}–${max.toFixed(3)})`;
}

/** Columns as wide as their widest cell; numbers and ratios are aligned to the right. */
export function showTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** One line on stderr that replaces itself; nothing where stderr is not a terminal. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}
