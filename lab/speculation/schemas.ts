// Schemas of real tool calls, out of MaskBench.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { compileConstraint } from '../../src/grammar/index.ts';
import type { JsonSchema } from '../../src/spec/index.ts';

/** Where it is looked for: beside the project. */
export const maskBenchFile = path.resolve(
  import.meta.dirname,
  '../../../shared/data/maskbench.tar.xz',
);

/** A schema of a tool's arguments, or of a message that carries them. */
export interface ToolSchema {
  /** The tool's, e.g. `calculate_area`. */
  readonly name: string;
  readonly schema: JsonSchema;
}

/** Splits of MaskBench that come from tool calls: Glaive's function calls and the Model Context Protocol. */
const splits = new Set(['Glaiveai2K', 'MCPspec']);

/** Of files; in the order of a hash of their names, so that nobody has chosen them for what they hold. */
export function drawFiles(files: readonly string[]): string[] {
  const hash = (file: string) => createHash('sha256').update(path.basename(file)).digest('hex');
  return files
    .filter((file) => splits.has(path.basename(file).split('---')[0]!))
    .map((file) => ({ file, order: hash(file) }))
    .toSorted((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ file }) => file);
}

/** `Glaiveai2K---calculate_area_be52a9a0.json` is of `calculate_area`. */
export function toolName(file: string): string {
  const [, name] = path.basename(file, '.json').split('---');
  return name!.replace(/_[0-9a-f]{8}$/, '');
}

/**
 * The first `count` that Trimtab takes, of the archive's files as they are drawn.
 * @returns `null` where there is no archive. @param archive - `maskbench.tar.xz` of JSONSchemaBench.
 */
export async function readToolSchemas(
  archive: string,
  count: number,
): Promise<readonly ToolSchema[] | null> {
  if (!existsSync(archive)) return null;
  const tar = promisify(execFile);
  const listed = await tar('tar', ['-tJf', archive], { maxBuffer: 2 ** 24 });
  const drawn = drawFiles(listed.stdout.split('\n')).slice(0, 2 * count);
  const folder = await mkdtemp(path.join(tmpdir(), 'trimtab-schemas-'));
  try {
    await tar('tar', ['-xJf', archive, '-C', folder, ...drawn]);
    const schemas: ToolSchema[] = [];
    for (const file of drawn) {
      const text = await readFile(path.join(folder, file), 'utf8');
      const { schema } = JSON.parse(text) as { readonly schema: JsonSchema };
      if (schemas.length < count && isTaken(schema)) schemas.push({ name: toolName(file), schema });
    }
    return schemas;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Whether it can be a constraint: some keywords are refused. */
function isTaken(jsonSchema: JsonSchema): boolean {
  try {
    compileConstraint({ jsonSchema });
    return true;
  } catch {
    return false;
  }
}
