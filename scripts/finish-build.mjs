// After `tsc`: the command must be executable where npm does not see to it (a clone, `npm link`), and
// no import may still name a source file (the compiler leaves those of `import()` in functions that
// have an `await using`).
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';

import { sourceDigest } from './source-digest.mjs';

const dist = new URL('../dist/', import.meta.url);
await chmod(new URL('cli/main.js', dist), 0o755);
for (const name of await readdir(dist, { recursive: true })) {
  if (!name.endsWith('.js')) continue;
  const code = await readFile(new URL(name, dist), 'utf8');
  const [left] = /(?:from|import)\s*\(?\s*['"]\.[^'"]*\.ts['"]/.exec(code) ?? [];
  if (left !== undefined) throw new Error(`dist/${name} still imports a source file: ${left}`);
}
await writeFile(new URL('.sources', dist), sourceDigest());
