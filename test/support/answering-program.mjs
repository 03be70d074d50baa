// A program of its own, for test/models/store.test.ts: answers from a number on, and says each one's number
// as soon as the store has acknowledged it. It is JavaScript of the built library: it starts at once.
import { writeSync } from 'node:fs';

import { openSqliteStore } from '../../dist/store/index.js';

const { file, first, last, profile, answer } = JSON.parse(process.argv[2]);
const { owner, id } = profile;
const countUp = ({ posterior }) => ({ count: (posterior.count ?? 0) + 1 });
const store = await openSqliteStore({ file, now: Date.now });
if ((await store.listProfiles(owner)).length === 0) await store.createProfile(profile);
for (let number = first; number <= last; number++) {
  await store.appendAnswer(owner, id, { ...answer, id: `a${number}` }, countUp);
  writeSync(1, `${number}\n`);
}
// Keeps the store open until the test ends it.
setInterval(() => {}, 1000);
