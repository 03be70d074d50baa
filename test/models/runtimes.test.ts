import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { builtFile, isBuilt } from '../support/built.ts';

const root = path.resolve(import.meta.dirname, '../..');
const program = () => `
const { loadRecipe, LoadedRecipe } = await import(${JSON.stringify(builtFile('index.js'))});
const trimtab = await LoadedRecipe.load(await loadRecipe(${JSON.stringify(path.join(root, 'recipes/atlas-chat.yaml'))}));
const { text } = await trimtab.generate('Where was Mada Norrar born?', { maxTokens: 40 });
console.log(text);
await trimtab[Symbol.asyncDispose]();
`;

/** How each runtime that is not Node is given a program. */
const runtimes: Readonly<Record<string, readonly string[]>> = {
  bun: ['--eval'],
  deno: ['eval'],
};

if (!isBuilt) console.warn('runtimes: not tried, the package is not built: npm run build');

for (const [name, args] of Object.entries(runtimes)) {
  const isThere = spawnSync(name, ['--version']).status === 0;
  if (!isThere) console.warn(`runtimes: ${name} is not on the PATH, so it was not tried.`);
  it.skipIf(!isBuilt || !isThere)(`answers through chat templates under ${name}`, async () => {
    const { stdout } = await promisify(execFile)(name, [...args, program()]);
    expect(stdout).toContain('Stoneford');
  });
}
