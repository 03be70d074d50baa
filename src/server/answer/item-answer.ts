import { OpenAPIHono } from '@hono/zod-openapi';
import { requestId } from 'hono/request-id';

import type { ItemAnswerer, ItemRequest } from '../../jobs/index.ts';
import { recordRequests } from '../edge/logs.ts';
import type { AppEnv, ServerContext } from '../environment.ts';
import { addChat } from '../routes/chat.ts';
import { addCompletions } from '../routes/completions.ts';
import { addResponses } from '../routes/responses.ts';
import { resolveRequested } from '../wire/model-name.ts';
import { toInvalidOption } from '../wire/validation.ts';
import { reportError } from './answer.ts';

/** What an item has in place of a socket. */
interface ItemEnv {
  readonly item: ItemRequest;
}

/**
 * Answers items of batches as the routes answer requests, with the same answers and errors: in the
 * background, so that people go first, and without a deadline but the batch's own.
 */
export function createItemAnswerer(context: ServerContext): ItemAnswerer {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw toInvalidOption(result.error);
    },
  });
  app.onError((error, c) => {
    const { status, headers, body } = reportError(context, c, error);
    return c.json(body, status, headers);
  });
  app.use(requestId());
  app.use((c, next) => {
    const { item } = c.env as unknown as ItemEnv;
    c.set('client', item.signal);
    c.set('owner', item.owner);
    c.set('priority', 'background');
    return next();
  });
  app.use(recordRequests(context));
  addChat(app, context);
  addCompletions(app, context);
  addResponses(app, context);
  return {
    check(_, body) {
      const { model } = body as { readonly model?: unknown };
      resolveRequested(context.service, typeof model === 'string' ? model : null);
    },
    async answer(item) {
      const request = new Request(`http://batch${item.endpoint}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: item.body,
      });
      const response = await app.fetch(request, { item } satisfies ItemEnv);
      return {
        status: response.status,
        requestId: response.headers.get('x-request-id') ?? '',
        body: await response.json(),
      };
    },
  };
}
