import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import type { GeneratedToken, ServedRecipe } from '../../src/spec/index.ts';

/** The policy the page must live under. */
const contentSecurityPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'";

interface StubRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly max_tokens?: number;
  readonly regex?: string;
  readonly choice?: readonly string[];
  readonly response_format?: object;
  readonly trimtab?: {
    readonly params?: { readonly alpha?: number };
    readonly rewards?: Readonly<Record<string, number>>;
    readonly trace?: boolean;
  };
}

/** What the server under the page does; a test may change it between requests. */
export interface StubBehaviour {
  key?: string;
  /** Refuses chats with this status and error. */
  failure?: { readonly status: number; readonly code: string; readonly message: string };
  /** Between two tokens. */
  pauseMs: number;
  answer(request: StubRequest): Iterable<GeneratedToken> | AsyncIterable<GeneratedToken>;
}

export interface StubServer extends AsyncDisposable {
  readonly url: string;
  readonly behaviour: StubBehaviour;
  /** Bodies of the chats asked for. */
  readonly requests: readonly StubRequest[];
  /** How many answers the page has left before their end. */
  readonly left: number;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** Serves a built page and answers as told: for what no real model says, or says too fast. */
export async function startStubServer(
  folder: string,
  recipes: readonly ServedRecipe[],
  behaviour: StubBehaviour,
): Promise<StubServer> {
  const requests: StubRequest[] = [];
  let left = 0;
  const chat = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await readText(request)) as StubRequest;
    requests.push(body);
    const { failure } = behaviour;
    if (failure !== undefined) return fail(response, failure.status, failure.code, failure.message);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (data: object): unknown => response.write(`data: ${JSON.stringify(data)}\n\n`);
    let count = 0;
    response.once('close', () => {
      if (!response.writableEnded) left++;
    });
    for await (const token of behaviour.answer(body)) {
      if (response.destroyed) return undefined;
      count++;
      const delta = { content: token.text };
      send({ choices: [{ index: 0, delta, trimtab: { tokens: [token] }, finish_reason: null }] });
      await delay(behaviour.pauseMs);
    }
    send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    send({ choices: [], usage: { completion_tokens: count } });
    response.end('data: [DONE]\n\n');
    return undefined;
  };
  const file = async (name: string, response: ServerResponse): Promise<void> => {
    const type = types[path.extname(name)] ?? 'application/octet-stream';
    const content = await readFile(path.join(folder, name)).catch(() => undefined);
    if (content === undefined) return fail(response, 404, 'route_not_found', 'No such page.');
    response.writeHead(200, {
      'content-type': type,
      'content-security-policy': contentSecurityPolicy,
    });
    response.end(content);
    return undefined;
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://stub');
    const isKnown =
      behaviour.key === undefined || request.headers.authorization === `Bearer ${behaviour.key}`;
    if (pathname.startsWith('/v1/') && !isKnown) {
      fail(response, 401, 'invalid_api_key', 'The API key is missing or wrong.');
    } else if (pathname === '/v1/recipes') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data: recipes }));
    } else if (pathname === '/v1/chat/completions') {
      chat(request, response).catch((error: unknown) => response.destroy(error as Error));
    } else {
      void file(pathname === '/' ? 'index.html' : pathname.slice(1), response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    behaviour,
    requests,
    get left() {
      return left;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type: 'error', param: null, code } }));
}
