import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll } from 'vitest';

import { describeProfileStore } from '../../../test/support/profile-store-contract.ts';
import { openSqliteStore } from './open-store.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'trimtab-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
describeProfileStore('a file', (now) => {
  files += 1;
  return openSqliteStore({ file: path.join(folder, `${files}.db`), now });
});
describeProfileStore('memory', (now) => openSqliteStore({ file: ':memory:', now }));
