// llama.cpp's own programs, built from the release that Trimtab loads, and how they are called.
import { existsSync } from 'node:fs';
import path from 'node:path';

import { runProgram } from './processes.ts';

const programs = ['llama-batched-bench', 'llama-completion', 'llama-server'] as const;

/** A folder that holds the three of them. */
export type ProgramsFolder = string;

/** What a program computes with: as it comes, or as Trimtab does by default. */
export type Manner = 'theirs' | 'plain';

/** Repacked weights and flash attention are theirs; plain weights without it are ours. */
export const mannerFlags: Readonly<Record<Manner, readonly string[]>> = {
  theirs: [],
  plain: ['--no-repack', '-fa', 'off'],
};

/** A command's options and their values, in order. */
export function toArgs(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [name, String(value)]);
}

/** Those of `programs` that are not in a folder. */
export function missingPrograms(folder: ProgramsFolder): string[] {
  return programs.filter((name) => !existsSync(path.join(folder, name)));
}

/** What is computed to measure a speed. */
export interface Load {
  readonly prompt: number;
  readonly steps: number;
  readonly streams: number;
}

/** Tokens per second of all streams together. */
export interface Speeds {
  readonly prompt: number;
  readonly decode: number;
}

/** By llama-batched-bench, which decodes and does nothing else. */
export async function benchSpeeds(
  folder: ProgramsFolder,
  file: string,
  manner: Manner,
  threads: number,
  load: Load,
): Promise<Speeds> {
  const { stdout } = await runProgram(path.join(folder, 'llama-batched-bench'), [
    ...toArgs({
      '-m': file,
      '-t': threads,
      '-c': contextLength(load) * load.streams,
      '-npp': load.prompt,
      '-ntg': load.steps,
      '-npl': load.streams,
      '--output-format': 'jsonl',
    }),
    ...mannerFlags[manner],
  ]);
  const line = stdout.split('\n').find((each) => each.startsWith('{'))!;
  const { speed_pp: prompt, speed_tg: decode } = JSON.parse(line) as Record<string, number>;
  return { prompt: prompt!, decode: decode! };
}

/** Room for a prompt and an answer, a multiple of what llama.cpp rounds to. */
export function contextLength({ prompt, steps }: Load): number {
  return Math.ceil((prompt + steps + 1) / 256) * 256;
}

/** Bytes that llama.cpp says it allocates for a context, beside the weights' own. */
export interface NativeBytes {
  readonly weights: number;
  readonly cache: number;
  readonly compute: number;
  readonly output: number;
}

/** As it logs them for a context of Trimtab's. */
export async function nativeBytes(
  folder: ProgramsFolder,
  file: string,
  context: { readonly contextLength: number; readonly maxSequences: number },
): Promise<NativeBytes> {
  const { contextLength: length, maxSequences } = context;
  const { stderr } = await runProgram(path.join(folder, 'llama-batched-bench'), [
    ...toArgs({ '-m': file, '-t': 1, '-c': length * maxSequences, '-b': 512 }),
    ...toArgs({ '-npp': 8, '-ntg': 1, '-npl': maxSequences }),
    ...mannerFlags.plain,
    '-v',
  ]);
  const bytes = (name: string) => {
    const matches = [...stderr.matchAll(new RegExp(` ${name} buffer size = +([\\d.]+) MiB`, 'g'))];
    return matches.reduce((total, [, size]) => total + Number(size) * 2 ** 20, 0);
  };
  return {
    weights: bytes('model'),
    cache: bytes('KV'),
    compute: bytes('compute'),
    output: bytes('output'),
  };
}
