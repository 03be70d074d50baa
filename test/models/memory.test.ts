import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { estimateMemory } from '../../src/engine/load/memory.ts';
import { resolveRecipe } from '../../src/recipe/index.ts';
import { temporaryFolder, writeTinyModel } from '../support/random-models.ts';
import { builtFile } from '../support/built.ts';
import { realModelsFolder } from '../support/real-models.ts';

const library = pathToFileURL(builtFile('index.js')).href;
const realFile = path.join(realModelsFolder, 'smollm2-135m-instruct-q4_1.gguf');

/** Loads the models of `files`, answers four prompts at once with the first, and prints its peak. */
const program = `
  import { readFileSync } from 'node:fs';
  import { resolveRecipe, LoadedRecipe } from ${JSON.stringify(library)};
  const document = JSON.parse(process.argv[1]);
  const trimtab = await LoadedRecipe.load(resolveRecipe(document, { directory: '/' }));
  const text = 'the ship turned north and the captain read on. '.repeat(12);
  await Promise.all([1, 2, 3, 4].map((i) => trimtab.generate(i + text, { maxTokens: 3 })));
  console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  process.exit();
`;

it.runIf(process.platform === 'linux')('estimates what a process takes', async () => {
  await using folder = await temporaryFolder();
  const wide = { vocabSize: 40_000, embeddingLength: 256, contextLength: 4096, blockCount: 6 };
  const files = [await writeTinyModel(folder.path, 'wide', wide)];
  if (existsSync(realFile)) files.push(realFile);
  else console.log(`${realFile} is not there: measured over a random model alone`);
  for (const file of files) {
    const engine = { threads: 1, contextLength: 1024 };
    const document = { models: { base: { file, prompt: 'raw' as const } }, base: 'base', engine };
    const { totalBytes } = await estimateMemory(resolveRecipe(document, { directory: '/' }));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program, JSON.stringify(document)],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    );
    const share = totalBytes / (Number(stdout) * 1024);
    console.log(`${path.basename(file)}: estimated ${share.toFixed(2)} of its peak`);
    // Another build of Node or of the C library takes some 20 MB more or less.
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.25);
  }
});
