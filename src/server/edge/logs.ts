import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import type { Context } from 'hono';

import type { AppEnv, ServerContext } from '../environment.ts';

/** Text from outside, so that no character of it can steer a terminal or forge a line. */
export function printable(text: string, longest = 200): string {
  return text
    .slice(0, longest)
    .replaceAll(
      /[\p{C}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
    );
}

/** One line and one count per request, once its answer has ended. Never a key, never a prompt. */
export function recordRequests({ logger, metrics, logPrompts, now }: ServerContext) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const startedAt = now();
    c.set('record', {});
    await next();
    const { record } = c.var;
    const { status } = c.res;
    const answeredMs = now() - startedAt;
    const finish = () => {
      const durationMs = now() - startedAt;
      const route = routeOf(c, status);
      metrics.countRequest({ route, method: methodOf(c), status }, durationMs / 1000);
      logger.info(
        {
          requestId: printable(c.var.requestId),
          method: methodOf(c),
          route,
          status,
          answeredMs,
          durationMs,
          ...(record.model !== undefined && { model: printable(record.model) }),
          ...(record.choices !== undefined && { choices: record.choices }),
          ...(record.promptTokens !== undefined && { promptTokens: record.promptTokens }),
          ...(record.completionTokens !== undefined && {
            completionTokens: record.completionTokens,
          }),
          ...(record.error !== undefined && { error: record.error }),
          ...(logPrompts && record.prompt !== undefined && { prompt: record.prompt }),
        },
        'request',
      );
    };
    if (record.streamed === undefined) finish();
    else void record.streamed.then(finish);
  });
}

/** The route's pattern, never the path as it was asked for: labels must be few. */
function routeOf(c: Context<AppEnv>, status: number): string {
  const routes = matchedRoutes(c).filter(({ path }) => !path.includes('*'));
  return routes.at(-1)?.path ?? (status < 400 ? 'static' : 'other');
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function methodOf(c: Context<AppEnv>): string {
  return methods.has(c.req.method) ? c.req.method : 'other';
}
