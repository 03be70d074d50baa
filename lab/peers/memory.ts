// What a process takes at its highest, against what llama.cpp says it allocates and what `trimtab check` expects.
import { checkRecipe, resolveRecipe } from '../../src/index.ts';
import { sum } from '../shared/numbers.ts';
import { runOurs } from './commands.ts';
import { nativeBytes, type NativeBytes, type ProgramsFolder } from './llama-cpp.ts';

export interface MemoryOfFile {
  readonly native: NativeBytes;
  /** Of `trimtab run`. */
  readonly peakBytes: number;
  /** Of `trimtab check`. */
  readonly estimatedBytes: number;
}

/** A model alone with the engine's defaults, and a prompt of more than one micro-batch. */
export async function measureMemory(
  folder: ProgramsFolder,
  file: string,
  threads: number,
): Promise<MemoryOfFile> {
  const document = { models: { base: file }, base: 'base' };
  const { memory } = await checkRecipe(resolveRecipe(document, { directory: '/' }));
  const native = await nativeBytes(folder, file, { contextLength: 4096, maxSequences: 4 });
  const prompt = 'the ship turned north and the captain read on. '.repeat(80);
  const { peakBytes } = await runOurs(file, { prompt, tokens: 8, threads });
  return { native, peakBytes, estimatedBytes: memory!.totalBytes };
}

/** Peak less the 150 MiB of a process, over what llama.cpp allocates. */
export function overNative({ native, peakBytes }: MemoryOfFile): number {
  return (peakBytes - 150 * 2 ** 20) / sum(Object.values(native));
}
