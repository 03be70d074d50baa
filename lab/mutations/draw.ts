import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { uniformAt } from '../../src/math/index.ts';
import { mutationsOf, type Mutation } from './operators.ts';

/** Rooms whose unit tests are judged. */
const rooms = ['src/engine', 'src/service', 'src/server', 'src/cli'];

/** Mutations of all files whose path begins with `only`, in an order that the seed and the sources alone decide. */
export async function drawMutations(root: string, only: string, seed: number): Promise<Mutation[]> {
  const mutations: Mutation[] = [];
  for (const room of rooms) {
    const names = await readdir(path.join(root, room), { recursive: true });
    for (const name of names.toSorted()) {
      const file = path.join(room, name);
      if (!isCode(file) || !file.startsWith(only)) continue;
      mutations.push(...mutationsOf(file, await readFile(path.join(root, file), 'utf8')));
    }
  }
  const drawn = mutations.map((mutation, i) => ({ mutation, at: uniformAt(seed, i) }));
  return drawn.toSorted((a, b) => a.at - b.at).map(({ mutation }) => mutation);
}

function isCode(file: string): boolean {
  return file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.generated.ts');
}
