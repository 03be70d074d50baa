import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
interface TakenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Parsed; `undefined` where there is none. */
  readonly body: Record<string, unknown> | undefined;
}

/** Answers one route: with JSON, or as it likes. */
export type RouteAnswer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly json: unknown }
  | ((response: ServerResponse) => void);

/** A server of the loopback that answers as it is told, route by route; any other route is not found. */
export interface AnsweringServer extends AsyncDisposable {
  readonly url: string;
  readonly taken: readonly TakenRequest[];
  readonly routes: Map<string, RouteAnswer>;
}

export async function createAnsweringServer(
  answers: Readonly<Record<string, RouteAnswer>>,
): Promise<AnsweringServer> {
  const routes = new Map(Object.entries(answers));
  const taken: TakenRequest[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const path = request.url!;
      const body = text === '' ? undefined : (JSON.parse(text) as TakenRequest['body']);
      taken.push({ path, headers: request.headers, body });
      const answer = routes.get(path) ?? { status: 404, json: { error: { message: 'no route' } } };
      if (typeof answer === 'function') return answer(response);
      const { status = 200, headers = {}, json } = answer;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      return response.end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    taken,
    routes,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Server-sent events, and the end of the stream. */
export function eventStream(...events: (object | string)[]): RouteAnswer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const event of events) {
      response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    }
    response.end();
  };
}
