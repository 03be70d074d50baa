import { afterAll, beforeAll, describe } from 'vitest';

import { describeBatchStore } from '../../../test/support/batch-store-contract.ts';
import {
  startPostgres,
  withoutPostgres,
  type TestPostgres,
} from '../../../test/support/postgres.ts';
import { openStore } from '../open-store.ts';

describeBatchStore('memory', (now) => openStore({ place: ':memory:', now }));

describe.skipIf(withoutPostgres !== undefined)('Postgres', { tags: ['slow'] }, () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  describeBatchStore('Postgres', async (now) =>
    openStore({ place: await postgres.newDatabase(), now }),
  );
});
