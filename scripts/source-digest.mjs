import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const source = new URL('../src/', import.meta.url);

/** SHA-256 of the sources that `npm run build` compiles, their names and texts, in hexadecimal digits. */
export function sourceDigest() {
  const hash = createHash('sha256');
  const built = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /(?<!\.test)\.ts$/.test(name) && !/^math[/\\]assembly/.test(name),
  );
  for (const name of built.toSorted()) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(new URL(name, source)))
      .update('\0');
  }
  return hash.digest('hex');
}
