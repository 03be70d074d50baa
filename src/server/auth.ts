import { createHash, timingSafeEqual } from 'node:crypto';

import { createMiddleware } from 'hono/factory';

import type { AppEnv } from './environment.ts';
import { RefusedError } from './errors.ts';

/** Whose requests they are when there are no keys. */
const everybody = 'local';

/**
 * Requires one of the keys as `Authorization: Bearer …`; without keys any token passes. Hashes are
 * compared, all of them and in constant time, so that time tells nothing of a key.
 */
export function authenticate(keys: readonly string[]) {
  const known = keys.map(hash);
  return createMiddleware<AppEnv>(async (c, next) => {
    c.set('owner', everybody);
    if (known.length > 0) {
      const shown = hash(/^Bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '');
      const matches = known.filter((key) => timingSafeEqual(key, shown)).length;
      if (matches === 0) {
        throw new RefusedError(
          'invalid_api_key',
          'The API key is missing or wrong: send Authorization: Bearer and one of the server’s keys.',
        );
      }
      c.set('owner', shown.toString('hex').slice(0, 32));
    }
    await next();
  });
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
