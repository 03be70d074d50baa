import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startPostgres, withoutPostgres, type TestPostgres } from '../support/postgres.ts';
import { ann, profiles } from '../support/server/profile-routes.ts';
import { serveProcess } from '../support/server/serve-process.ts';
import { createAnn } from '../support/server/serve-profiles.ts';

const recipe = path.join(import.meta.dirname, '../../recipes/atlas-profiles.yaml');

describe.skipIf(withoutPostgres !== undefined)('two servers of one Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('have one and the same profiles, and show no password', async () => {
    const named = [recipe, '--store', postgres.url];
    const inEnvironment = { TRIMTAB_STORE: postgres.url };
    const first = await serveProcess(named);
    const second = await serveProcess([recipe], inEnvironment);
    const ended = Promise.all([first.ended, second.ended]);
    try {
      expect((await createAnn(first, 'atlas-profiles')).status).toBe(201);
      expect((await second.get(ann)).json).toMatchObject({ id: 'ann' });
      const overrides = { overrides: { cheerful: 1 } };
      expect((await second.put(`${ann}/overrides`, overrides)).status).toBe(200);
      expect((await first.get(ann)).json).toEqual((await second.get(ann)).json);
      expect((await second.delete(ann)).status).toBe(204);
      expect((await first.get(profiles)).json).toEqual({ object: 'list', data: [] });
      // The database goes and comes back: profiles with it, answers all the time.
      await postgres.restart(async () => {
        const chat = {
          model: 'atlas-profiles',
          messages: [{ role: 'user', content: 'Who?' }],
          max_tokens: 1,
        };
        expect((await first.post('/v1/chat/completions', chat)).status).toBe(200);
        const { status, json, headers } = await first.get(profiles);
        expect([status, json.error.code]).toEqual([503, 'storage_failed']);
        expect(headers.get('retry-after')).not.toBeNull();
        expect(json.error.message).not.toContain('secret');
      });
      expect((await first.get(profiles)).json).toEqual({ object: 'list', data: [] });
    } finally {
      first.process.kill();
      second.process.kill();
    }
    for (const { code, stdout, stderr } of await ended) {
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain('secret');
    }
  });
});
