import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { kernelsBase64, kernelsByteLength } from './kernels.generated.ts';

it(
  'kernels.generated.ts is what scripts/build-kernels.mjs makes of the source',
  { tags: ['slow'] },
  () => {
    expect(Buffer.from(kernelsBase64, 'base64').length).toBe(kernelsByteLength);
    const check = spawnSync(process.execPath, ['scripts/build-kernels.mjs', '--check'], {
      encoding: 'utf8',
    });
    expect(check).toMatchObject({ stderr: '', status: 0 });
  },
);
