import path from 'node:path';

import { createLocalService } from '../../../src/service/index.ts';
import { createServer, type RunningServer, type ServerOptions } from '../../../src/server/index.ts';
import type { InferenceService } from '../../../src/spec/index.ts';

const root = path.resolve(import.meta.dirname, '../../..');

export const atlasChat = path.join(root, 'recipes/atlas-chat.yaml');

/** One service for all tests of a file: the embedded models, in this process. */
export function serveAtlas(): Promise<InferenceService> {
  return createLocalService({ recipes: [atlasChat] });
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly running: RunningServer;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string, headers?: Record<string, string>): Promise<Answer>;
}

// eslint-disable-next-line typescript/no-explicit-any -- answers of any shape
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, if it is JSON. */
  readonly json: Json;
}

/** A server on a free port of the loopback. */
export async function listen(options: ServerOptions): Promise<TestServer> {
  const running = await createServer(options).listen();
  return { running, ...clientOf(running.url), [Symbol.asyncDispose]: () => running.close() };
}

/** Requests to a server, wherever it runs. */
export function clientOf(url: string): Omit<TestServer, 'running' | keyof AsyncDisposable> {
  const withBody =
    (method: string) =>
    (route: string, body: unknown, headers: Record<string, string> = {}) =>
      send(url + route, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
  return {
    url,
    get: (route, headers = {}) => send(url + route, { headers }),
    post: withBody('POST'),
    put: withBody('PUT'),
    delete: (route, headers = {}) => send(url + route, { method: 'DELETE', headers }),
  };
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  const json: unknown = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

export const question = [{ role: 'user', content: 'Where was Mada Norrar born?' }];

/** What the embedded models answer greedily, in the shapes of a chat. */
export const chat = { model: 'atlas-chat', messages: question, max_tokens: 8 };

/** The data of each event of a stream, whether or not it has a name. */
export function events(text: string): string[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data!);
}
