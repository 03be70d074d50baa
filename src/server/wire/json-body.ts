import { createMiddleware } from 'hono/factory';

import { InvalidOptionError } from '../../spec/index.ts';
import type { AppEnv } from '../environment.ts';
import { RefusedError } from '../edge/errors.ts';
import { findJsonExcess } from '../../faults/index.ts';
import { toPath } from './validation.ts';

/**
 * Bodies are JSON in UTF-8, uncompressed: a form needs no permission to post, and a small archive can be
 * vast. A request without a body, which some routes take, need not say what it is.
 */
export const requireJson = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method !== 'POST' && c.req.method !== 'PUT') return next();
  const { type, charset } = readType(c.req.header('content-type'));
  if (type === undefined && !hasBody(c.req.raw.headers)) return next();
  if (type !== 'application/json') {
    throw new RefusedError('unsupported_media_type', 'Send content-type: application/json.');
  }
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new RefusedError('unsupported_media_type', 'Send the body in UTF-8.');
  }
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    throw new RefusedError('unsupported_media_type', 'Send the body without a content-encoding.');
  }
  return next();
});

function readType(header: string | undefined): {
  readonly type: string | undefined;
  readonly charset: string | undefined;
} {
  const [type, ...parameters] = (header ?? '').toLowerCase().split(';');
  const charset = parameters
    .map(
      (parameter) => /^\s*charset\s*=\s*"?(?<name>[^"]*?)"?\s*$/.exec(parameter)?.groups?.['name'],
    )
    .find((name) => name !== undefined);
  return { type: type!.trim() || undefined, charset };
}

function hasBody(headers: Headers): boolean {
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

/**
 * Reads a body, of bounded length, for those who parse it: the text must be UTF-8 and not too costly.
 * @throws RefusedError, InvalidOptionError
 */
export const readJsonText = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method !== 'POST' && c.req.method !== 'PUT') return next();
  const json = decode(await c.req.arrayBuffer());
  const excess = findJsonExcess(json);
  if (excess !== undefined) {
    const param = toPath(excess.path);
    throw new InvalidOptionError(param, `${param || 'The body'} ${excess.message}`);
  }
  return next();
});

function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RefusedError('malformed_json', 'The body is not UTF-8.', { cause });
  }
}
