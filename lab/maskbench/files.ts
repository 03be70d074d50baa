import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import type { JsonSchema } from '../../src/spec/index.ts';
import { text } from '../shared/flags.ts';
import { maskBenchFile } from '../speculation/schemas.ts';

/** The flags of experiments on these schemas. */
export const schemaFlags = {
  schemas: text(
    'FILE',
    'maskbench.tar.xz of JSONSchemaBench: ../shared/data by default',
    maskBenchFile,
  ),
  python: text('DIR', 'a virtual environment that has llguidance, to compare with'),
} as const;

export interface SchemaFile {
  readonly name: string;
  readonly path: string;
  /** Where it comes from, e.g. `Github_easy`. */
  readonly split: string;
}

/** What a file holds. */
export interface SchemaContent {
  readonly schema: JsonSchema;
  readonly tests?: readonly { readonly data: unknown; readonly valid: boolean }[];
}

/**
 * Gives the schemas of an archive, unpacked for as long as they are used, in the order of their names.
 * @throws Error where there is none.
 */
export async function withMaskBench<Result>(
  archive: string,
  use: (files: readonly SchemaFile[]) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(archive)) {
    throw new Error(`There is no ${archive}: --schemas names maskbench.tar.xz of JSONSchemaBench.`);
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-maskbench-'));
  try {
    await promisify(execFile)('tar', ['-xJf', archive, '-C', folder]);
    const data = path.join(folder, 'maskbench/data');
    const names = (await readdir(data)).filter((name) => name.endsWith('.json'));
    return await use(
      names.toSorted().map((name) => ({ name, path: path.join(data, name), split: splitOf(name) })),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `Github_easy---o1.json` is of `Github_easy`, `BFCL_java_0.json` of `BFCL`. */
export function splitOf(name: string): string {
  const [split, rest] = name.split('---');
  return rest === undefined ? name.split('_')[0]! : split!;
}
