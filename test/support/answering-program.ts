// A program of its own, for test/store.test.ts: answers from a number on, and says each one's number
// as soon as the store has acknowledged it.
import { writeSync } from 'node:fs';

import { openSqliteStore } from '../../src/store/index.ts';
import { countUp, newAnswer, newProfile, owner } from './profile-store-contract.ts';

const [file, first, last] = process.argv.slice(2) as [string, string, string];
const store = await openSqliteStore({ file, now: Date.now });
if ((await store.listProfiles(owner)).length === 0) await store.createProfile(newProfile);
for (let number = Number(first); number <= Number(last); number++) {
  await store.appendAnswer(owner, newProfile.id, newAnswer(`a${number}`), countUp);
  writeSync(1, `${number}\n`);
}
// Keeps the store open until the test ends it.
setInterval(() => {}, 1000);
