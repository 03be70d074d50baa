import { expect, it } from 'vitest';

import { describeKernels } from './kernels.ts';

const library = (version: string, info: string) => ({ version, systemInfo: () => info });

it('tells processors, builds and layouts apart', () => {
  const info = 'CUDA : ARCHS = 500,610 | CPU : SSE3 = 1 | AVX2 = 1 | LLAMAFILE = 1 | ';
  expect(describeKernels(library('0.4.0', info), false)).toBe(
    'llama.cpp 0.4.0, CUDA ARCHS = 500,610 CPU SSE3 AVX2 LLAMAFILE, plain',
  );
  expect(describeKernels(library('0.4.0', 'CPU : AMX_INT8 = 1 | '), true)).toBe(
    'llama.cpp 0.4.0, CPU AMX_INT8, repacked',
  );
});
