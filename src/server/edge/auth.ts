import { createHash, timingSafeEqual } from 'node:crypto';

import { createMiddleware } from 'hono/factory';

import type { AppEnv } from '../environment.ts';
import { RefusedError } from './errors.ts';

/** Whose requests they are when there are no keys. */
const everybody = 'local';

/**
 * Requires one of the keys as `Authorization: Bearer …` or as `x-api-key`; without keys any token passes.
 * Hashes are compared, all of them and in constant time, so that time tells nothing of a key.
 */
export function authenticate(keys: readonly string[]) {
  const known = keys.map(hash);
  return createMiddleware<AppEnv>(async (c, next) => {
    c.set('owner', everybody);
    if (known.length > 0) {
      const shown = hash(shownKey(c.req.raw.headers));
      const matches = known.filter((key) => timingSafeEqual(key, shown)).length;
      if (matches === 0) {
        throw new RefusedError(
          'invalid_api_key',
          'The API key is missing or wrong: send Authorization: Bearer, or x-api-key, and one of the server’s keys.',
        );
      }
      c.set('owner', shown.toString('hex').slice(0, 32));
    }
    await next();
  });
}

/** What clients of OpenAI, or else of Anthropic and Azure's gateways, show. */
function shownKey(headers: Headers): string {
  const bearer = /^Bearer +(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  return bearer ?? headers.get('x-api-key') ?? '';
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
