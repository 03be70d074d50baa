import { expect } from 'vitest';

import type { Answer, Json, TestServer } from './serve.ts';

export const profiles = '/v1/profiles';
/** The profile that `createAnn` makes. */
export const ann = `${profiles}/ann`;

export const chats = '/v1/chat/completions';
export const completions = '/v1/completions';
/** The least that asks for an answer of the recipe `taste`. */
export const bodies: Record<string, object> = {
  [chats]: { model: 'taste', messages: [{ role: 'user', content: 'Soup?' }], max_tokens: 8 },
  [completions]: { model: 'taste', prompt: 'Soup', max_tokens: 8 },
};

/** Every route of profiles, with a body it could have. */
export const routes: [method: 'get' | 'post' | 'put' | 'delete', route: string, body?: object][] = [
  ['get', profiles],
  ['post', profiles, { id: 'bea', recipe: 'taste' }],
  ['post', `${profiles}/import`, { document: {} }],
  ['get', ann],
  ['delete', ann],
  ['post', `${ann}/reset`, {}],
  ['put', `${ann}/overrides`, { overrides: {} }],
  ['get', `${ann}/export`],
  ['get', `${ann}/questions`],
  ['post', `${ann}/answers`, { question: 'q', outcome: 'first' }],
];

export function call(
  server: TestServer,
  [method, route, body]: (typeof routes)[number],
  headers: Record<string, string> = {},
): Promise<Answer> {
  if (method === 'get' || method === 'delete') return server[method](route, headers);
  return server[method](route, body, headers);
}

/** What an error's body says, and its status. */
export function failureOf({ status, json }: Answer) {
  const { code, param, message } = json.error;
  return { status, code, param, message };
}

/** What {@link failureOf} should be. */
export function failed(status: number, code: string, param: string | null, message = /./) {
  return { status, code, param, message: expect.stringMatching(message) };
}

export async function nextQuestion(server: TestServer, headers = {}): Promise<Json> {
  return (await server.get(`${ann}/questions`, headers)).json.question;
}

/** Whether the server is answering a request. */
export async function isInWork(server: Pick<TestServer, 'get'>): Promise<boolean> {
  return /^trimtab_requests_in_flight 1$/m.test((await server.get('/metrics')).text);
}
