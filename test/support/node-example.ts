import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { root, run } from './command.ts';

/**
 * Runs a TypeScript program for which `trimtab` is this checkout, built or not.
 * @returns What it writes. @throws Error if it fails, or writes to stderr.
 */
export async function nodeExample(program: string, ...args: string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-examples-'));
  const config = path.join(folder, 'tsconfig.json');
  const paths = {
    trimtab: [path.join(root, 'src/index.ts')],
    'trimtab/*': [path.join(root, 'src/*/index.ts')],
  };
  try {
    await writeFile(config, JSON.stringify({ compilerOptions: { paths } }));
    const command = ['--import', 'tsx', program, ...args];
    const env = { TSX_TSCONFIG_PATH: config };
    const { code, stdout, stderr } = await run(process.execPath, command, { env });
    if (code === 0 && stderr === '') return stdout;
    throw new Error(`${path.basename(program)} ends with ${code}: ${stderr}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
