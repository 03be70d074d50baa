import { availableParallelism, cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { loadLlamaLibrary } from '../../src/llama/index.ts';
import { median } from './numbers.ts';
import { showProgress } from './progress.ts';

/** What repeated measurements say. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summaryOf(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Of `above[i] / below[i]`, two measurements of the same round: what slows a round slows both. */
export function ratioOf(above: readonly number[], below: readonly number[]): Summary {
  return summaryOf(above.map((value, round) => value / below[round]!));
}

/** `1.020 (1.010–1.050)`: the median and the range. */
export function showSummary({ median: middle, min, max }: Summary, digits = 3): string {
  return `${middle.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** What one step took, in milliseconds. */
export interface StepCost {
  readonly elapsed: number;
  /** Of all the process's threads: what other processes do meanwhile does not count. */
  readonly processor: number;
}

/**
 * Measures every variant once a round, each round beginning with another one, after a collection of
 * garbage: what a variant leaves behind is not the next one's to clear away.
 * @param rounds - That count. One more goes before them, to warm up. @param title - Of the rounds, for who waits.
 * @returns By variant, one measurement a round.
 */
export async function interleave<Name extends string, Measurement>(
  variants: Readonly<Record<Name, () => Promise<Measurement>>>,
  rounds: number,
  title: string,
): Promise<Record<Name, readonly Measurement[]>> {
  const names = Object.keys(variants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Measurement[]
  >;
  for (let round = -1; round < rounds; round++) {
    showProgress(`${title}: round ${round + 1} of ${rounds}`);
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + 1) % names.length]!;
      collectGarbage();
      const value = await variants[name]();
      if (round >= 0) measured[name].push(value);
    }
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

/** Bytes of JavaScript's values and buffers, once what is not needed is gone. */
export function heapBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export function showMebibytes(bytes: number, digits = 0): string {
  return (bytes / 2 ** 20).toFixed(digits);
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

export function showMachine(): string {
  const { cpu, cores, platform, node, llamaCpp } = machineFacts();
  return (
    `${cpu}, ${cores} cores, ${platform}; Node ${node}; llama.cpp ${llamaCpp}\n` +
    'Ratios: median of per-round ratios (lowest–highest).'
  );
}
