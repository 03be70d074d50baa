import { afterAll, beforeAll, describe } from 'vitest';

import { describeContextStore } from '../../../test/support/context-store-contract.ts';
import {
  startPostgres,
  withoutPostgres,
  type TestPostgres,
} from '../../../test/support/postgres.ts';
import { openStore } from '../open-store.ts';

describeContextStore('memory', (now) => openStore({ place: ':memory:', now }));

describe.skipIf(withoutPostgres !== undefined)('Postgres', { tags: ['slow'] }, () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  describeContextStore('Postgres', async (now) =>
    openStore({ place: await postgres.newDatabase(), now }),
  );
});
