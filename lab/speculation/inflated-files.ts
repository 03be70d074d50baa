// The embedded trio, inflated: written unless an earlier run has.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

import { showProgress } from '../shared/progress.ts';
import { keptFolder } from '../shared/random-files.ts';
import { embeddedFiles, type RoleFiles } from '../shared/recipes.ts';
import { inflateModel, type InflatedShape } from './inflate.ts';

/** Of all three: they share their vocabulary. */
const vocabSize = 16_384;

/** The base has 0.2 thousand million parameters, each of the pair a twentieth of it. */
const shapes: Readonly<Record<keyof RoleFiles, InflatedShape>> = {
  base: { blockCount: 24, feedForwardLength: 3072, vocabSize, paddingDepth: 1e5 },
  expert: { blockCount: 6, feedForwardLength: 1024, vocabSize, paddingDepth: 1e3 },
  antiExpert: { blockCount: 6, feedForwardLength: 1024, vocabSize, paddingDepth: 1e3 },
};

const roles = Object.keys(shapes) as (keyof RoleFiles)[];

/** Some 220 MiB, kept from one run to the next. */
export async function inflatedFiles(): Promise<RoleFiles> {
  const files = await Promise.all(
    roles.map(async (role) => [role, await inflatedFile(embeddedFiles[role], shapes[role])]),
  );
  return Object.fromEntries(files) as RoleFiles;
}

async function inflatedFile(source: string, shape: InflatedShape): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(source))
    .update(JSON.stringify(shape))
    .digest('hex');
  const file = path.join(
    keptFolder,
    `inflated-${path.basename(source, '.gguf')}-${digest.slice(0, 12)}.gguf`,
  );
  if (existsSync(file)) return file;
  showProgress(`writing ${file}`);
  await mkdir(keptFolder, { recursive: true });
  const part = `${file}.${process.pid}`;
  await inflateModel(source, part, shape);
  await rename(part, file);
  return file;
}
