import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { uniformAt } from '../../src/math/index.ts';
import { StoreError } from '../../src/spec/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { newAnswer, newProfile, owner } from '../support/profile-store-contract.ts';
import { temporaryFolder } from '../support/random-models.ts';
import { builtFile } from '../support/built.ts';

const program = fileURLToPath(new URL('../support/answering-program.mjs', import.meta.url));
const answersWanted = 200;

/** Answers from `first` on, is killed after `mayGoOn` says so, and gives the last number it said. */
async function answerUntilKilled(
  file: string,
  first: number,
  mayGoOn: (said: number) => boolean | Promise<boolean>,
): Promise<number> {
  const task = { file, first, last: answersWanted, profile: newProfile, answer: newAnswer('') };
  builtFile('store/index.js'); // the program's
  const child = spawn(process.execPath, [program, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let said = first - 1;
  // What was said before the death is read to its end.
  for await (const line of createInterface(child.stdout)) {
    said = Number(line);
    if (!(await mayGoOn(said))) child.kill('SIGKILL');
  }
  await exit;
  return said;
}

describe('a store whose process is killed', () => {
  it('at random moments during 200 answers has every acknowledged one, and none twice', async () => {
    await using folder = await temporaryFolder();
    const file = path.join(folder.path, 'trimtab.db');
    let draws = 0;
    const random = () => uniformAt(7, draws++);
    let acknowledged = 0;
    let kills = 0;
    while (acknowledged < answersWanted) {
      const until = acknowledged + 1 + Math.floor(random() * 60);
      // The child goes on while we wait, so that the death comes anywhere within a write.
      const wait = random() * 3;
      acknowledged = await answerUntilKilled(file, acknowledged + 1, async (said) => {
        if (said < Math.min(until, answersWanted)) return true;
        await new Promise((resolve) => setTimeout(resolve, wait));
        return false;
      });
      kills += 1;
      await using store = await openSqliteStore({ file, now: Date.now });
      const ids = (await store.listAnswers(owner, newProfile.id)).map(({ id }) => id);
      // At most the one in flight is there without having been acknowledged.
      expect(ids.length - acknowledged).toBeOneOf([0, 1]);
      expect(ids).toEqual(ids.map((_, i) => `a${i + 1}`));
      const { posterior } = await store.getProfile(owner, newProfile.id);
      expect(posterior).toMatchObject({ count: ids.length });
      expect(await store.verify()).toEqual([]);
    }
    expect(kills).toBeGreaterThan(4);
  });

  it('keeps others out as long as it lives, and names it', async () => {
    await using folder = await temporaryFolder();
    const file = path.join(folder.path, 'trimtab.db');
    await answerUntilKilled(file, answersWanted, async () => {
      const error: unknown = await openSqliteStore({ file, now: Date.now }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ reason: 'locked' });
      expect((error as Error).message).toMatch(/the process \d+ uses it/);
      return false;
    });
    await using store = await openSqliteStore({ file, now: Date.now });
    expect(await store.listAnswers(owner, newProfile.id)).toHaveLength(1);
  });
});
