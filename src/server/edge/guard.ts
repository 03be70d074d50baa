import { isIP } from 'node:net';

import { createMiddleware } from 'hono/factory';

import { isLoopback } from '../../hosts/index.ts';
import type { AppEnv } from '../environment.ts';
import { RefusedError } from './errors.ts';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

export interface HostGuardOptions {
  readonly host: string;
  /** Names beside the loopback's under which the server is reached, without a port. */
  readonly allowedHosts: readonly string[];
  /** Origins of pages elsewhere that may use the server, e.g. `https://chat.example.org`. */
  readonly allowedOrigins: readonly string[];
}

/**
 * Refuses what a page of another site could make a browser send: a name that was rebound to this address,
 * and requests from a foreign origin. Beyond the loopback, where a key is a must, every name passes
 * unless `allowedHosts` names some.
 */
export function guard({ host, allowedHosts, allowedOrigins }: HostGuardOptions) {
  const bracketed = isIP(host) === 6 ? `[${host}]` : host;
  const hosts = new Set(
    [...loopbackNames, bracketed, ...allowedHosts].map((name) => name.toLowerCase()),
  );
  const anyHost = !isLoopback(host) && allowedHosts.length === 0;
  const origins = new Set(allowedOrigins);
  return createMiddleware<AppEnv>(async (c, next) => {
    const asked = c.req.header('host') ?? new URL(c.req.url).host;
    if (!anyHost && !hosts.has(asked.replace(/:\d+$/, '').toLowerCase())) {
      throw new RefusedError('forbidden_host', 'The server is not reached under this Host.');
    }
    const origin = c.req.header('origin');
    const isOwn =
      origin === undefined || origins.has(origin) || hostOf(origin) === asked.toLowerCase();
    if (!isOwn) {
      throw new RefusedError('forbidden_origin', 'Pages of this Origin may not use the server.');
    }
    await next();
  });
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
