import type { LlamaLibrary } from './library.ts';

/**
 * What computes, e.g. `llama.cpp 0.4.0, CPU SSE3 AVX2 FMA, plain`: where the words differ, the same
 * file may give other bits.
 * @param repacked - Whether weights are in the processor's own layout.
 */
export function describeKernels(
  { version, systemInfo }: Pick<LlamaLibrary, 'version' | 'systemInfo'>,
  repacked: boolean,
): string {
  // llama.cpp says `CPU : SSE3 = 1 | AVX2 = 1 | CUDA : ARCHS = 500 | `; what is 1 is there.
  const features = systemInfo()
    .split('|')
    .map((part) => part.trim().replace(' : ', ' ').replace(/ = 1$/, ''))
    .filter((part) => part !== '');
  return `llama.cpp ${version}, ${features.join(' ')}, ${repacked ? 'repacked' : 'plain'}`;
}
