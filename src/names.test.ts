import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

const source = path.resolve(import.meta.dirname);

const declaration =
  /^export (?:abstract )?(?:async )?(?:type|interface|class|function\*?|const|let) (\w+)/gm;

/** Files of the source that are loaded or checked; `math/assembly` is another language. */
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /(?<!\.test)\.ts$/.test(file) && !file.startsWith(path.join('math', 'assembly')),
);

it('gives every exported name one home: one word is one idea', () => {
  const homes = new Map<string, Set<string>>();
  for (const file of files) {
    for (const [, name] of readFileSync(path.join(source, file), 'utf8').matchAll(declaration)) {
      homes.set(name!, (homes.get(name!) ?? new Set()).add(file));
    }
  }
  expect(homes.size).toBeGreaterThan(1000);
  const shared = [...homes].filter(([, of]) => of.size > 1);
  expect(Object.fromEntries(shared.map(([name, of]) => [name, [...of].toSorted()]))).toEqual({});
});
