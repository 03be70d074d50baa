import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';

import { reportError } from './answer/answer.ts';
import { authenticate } from './edge/auth.ts';
import type { AppEnv, ServerContext } from './environment.ts';
import { RefusedError } from './edge/errors.ts';
import { guard, type HostGuardOptions } from './edge/guard.ts';
import { readJsonText, requireJson } from './wire/json-body.ts';
import { recordRequests } from './edge/logs.ts';
import { unknownRoute } from './edge/unknown-route.ts';
import { staticPage } from './page.ts';
import { addBatches } from './routes/batches.ts';
import { addChat } from './routes/chat.ts';
import { addCompletions } from './routes/completions.ts';
import { addContexts } from './routes/contexts.ts';
import { addFiles, addUpload } from './routes/files.ts';
import { addHealth } from './routes/health.ts';
import { addModels } from './routes/models.ts';
import { addProfiles } from './routes/profiles.ts';
import { addRecipes } from './routes/recipes.ts';
import { addResponses } from './routes/responses.ts';
import { addTokens } from './routes/tokens.ts';
import { toInvalidOption } from './wire/validation.ts';

export interface AppOptions extends HostGuardOptions {
  readonly keys: readonly string[];
  /** Folder of static files for `/`. */
  readonly page: string | undefined;
}

/** The server without its socket. The order of what follows is the order of the checks. */
export function createApp(context: ServerContext, options: AppOptions): OpenAPIHono<AppEnv> {
  const { metrics, version, limits } = context;
  const app = new OpenAPIHono<AppEnv>({
    // Clients ask for `/v1/models/` too.
    strict: false,
    defaultHook: (result) => {
      if (!result.success) throw toInvalidOption(result.error);
    },
  });
  const fail = (c: Context<AppEnv>, error: unknown) => {
    const { status, headers, body } = reportError(context, c, error);
    return c.json(body, status, headers);
  };
  app.onError((error, c) => fail(c, toRefusal(error)));
  app.notFound((c) => {
    const routes = app.routes.filter(({ method }) => method !== 'ALL');
    return fail(c, unknownRoute(c.req.method, c.req.path, routes));
  });

  app.use(requestId());
  app.use((c, next) => {
    c.set('client', c.req.raw.signal);
    c.set('priority', 'interactive');
    return next();
  });
  app.use(recordRequests(context));
  app.use(secureHeaders(pageHeaders));
  app.use(guard(options));
  if (options.allowedOrigins.length > 0) app.use(cors({ origin: [...options.allowedOrigins] }));
  addHealth(app, context);
  if (options.page !== undefined) app.use(staticPage(options.page));
  app.use(authenticate(options.keys));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        c.header('Allow', methods.join(', '));
        const message = `${c.req.method} is not for ${c.req.path}: ask by ${methods.join(' or ')}.`;
        return fail(c, new RefusedError('method_not_allowed', message));
      },
    }),
  );
  addUpload(app, context);
  app.use(requireJson);
  app.use(
    bodyLimit({
      maxSize: limits.bodyBytes,
      onError: () => {
        throw new RefusedError('body_too_large', `A body has at most ${limits.bodyBytes} bytes.`);
      },
    }),
  );
  app.use(readJsonText);
  addBatches(app, context);
  addChat(app, context);
  addCompletions(app, context);
  addContexts(app, context);
  addFiles(app, context);
  addModels(app, context);
  addProfiles(app, context);
  addRecipes(app, context);
  addResponses(app, context);
  addTokens(app, context);
  app.get('/metrics', async (c) =>
    c.text(await metrics.render(), 200, { 'content-type': metrics.contentType }),
  );
  app.doc31('/openapi.json', { openapi: '3.1.0', info: { title: 'Trimtab', version } });
  return app;
}

/** What a browser may do with an answer that it shows: nothing but the page's own files. */
const pageHeaders: Parameters<typeof secureHeaders>[0] = {
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // Whether there is TLS is known to whoever terminates it.
  strictTransportSecurity: false,
};

/** Hono's own refusals, in our words. */
function toRefusal(error: unknown): unknown {
  if (!(error instanceof HTTPException)) return error;
  if (error.status === 400) return new RefusedError('malformed_json', 'The body is not JSON.');
  if (error.status === 415) {
    return new RefusedError('unsupported_media_type', 'Send content-type: application/json.');
  }
  return error;
}
