// `trimtab run` and llama-completion: what a shell sees of them.
import path from 'node:path';

import { builtFile } from '../../test/support/built.ts';
import { mannerFlags, toArgs, type Manner, type ProgramsFolder } from './llama-cpp.ts';
import { runProgram } from './processes.ts';

export interface CommandTimes {
  /** Tokens per second between the first and the last text on stdout. */
  readonly decode: number;
  /** Milliseconds of the whole command: loading, the prompt and the answer. */
  readonly whole: number;
  /** Highest resident bytes (VmHWM). */
  readonly peakBytes: number;
}

export interface Asked {
  readonly prompt: string;
  readonly tokens: number;
  readonly threads: number;
}

export function runTheirs(
  folder: ProgramsFolder,
  file: string,
  manner: Manner,
  { prompt, tokens, threads }: Asked,
): Promise<CommandTimes> {
  return timeCommand(path.join(folder, 'llama-completion'), tokens, [
    ...toArgs({ '-m': file, '-p': prompt, '-n': tokens, '-t': threads, '-c': 4096, '--temp': 0 }),
    '--ignore-eos',
    '-no-cnv',
    '--no-display-prompt',
    ...mannerFlags[manner],
  ]);
}

/** @param recipe - A model file, or a recipe. */
export function runOurs(recipe: string, { prompt, tokens, threads }: Asked): Promise<CommandTimes> {
  return timeCommand(process.execPath, tokens, [
    builtFile('cli/main.js'),
    'run',
    recipe,
    prompt,
    '--raw',
    '--quiet',
    ...toArgs({ '--temperature': 0, '--threads': threads, '--speculation': 'off' }),
    ...toArgs({ '--max-tokens': tokens, '--min-tokens': tokens }),
  ]);
}

async function timeCommand(
  file: string,
  tokens: number,
  args: readonly string[],
): Promise<CommandTimes> {
  const began = performance.now();
  const times: number[] = [];
  const { peakBytes } = await runProgram(file, args, (text) => {
    if (text.trim() !== '') times.push(performance.now());
  });
  const whole = performance.now() - began;
  const decode = ((tokens - 1) * 1000) / (times.at(-1)! - times[0]!);
  return { decode, whole, peakBytes };
}
