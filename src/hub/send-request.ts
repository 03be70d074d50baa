import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';

import { namesPrivateHost, privateHost, publicLookup } from './addresses.ts';
import { HubError } from '../spec/index.ts';

export interface SendOptions {
  /** Redirects within it are followed with the token; those that leave it must be public and encrypted. */
  readonly endpoint: string;
  /** Shown to the endpoint alone. */
  readonly token: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** A connection that brings nothing for so long is cut. */
  readonly idleMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What an answer is about, as the hub itself said it, wherever the bytes come from. */
export interface HubResponse {
  readonly status: number;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** Headers of the hub's own answer, which may be a redirect. */
  readonly hubHeaders: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

const maxRedirects = 5;

/**
 * `GET`, with redirects followed as far as they may be.
 * @throws HubError `refused` for one that may not; the system's error if the connection fails.
 */
export async function sendRequest(url: URL, options: SendOptions): Promise<HubResponse> {
  let hubHeaders: IncomingHttpHeaders | undefined;
  let next = url;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const { isHub, headers: sent } = planHop(next, options);
    const { idleMs, signal } = options;
    const lookup = isHub ? undefined : publicLookup;
    const body = await get(next, { headers: sent, idleMs, signal, lookup });
    const { statusCode: status = 0, headers } = body;
    // A hub may send to itself: where a repository was renamed, or to where it keeps large files.
    if (isHub && hubHeaders?.['x-linked-etag'] === undefined) hubHeaders = headers;
    if (status < 300 || status >= 400 || headers.location === undefined) {
      return { status, url: next, headers, hubHeaders: hubHeaders ?? headers, body };
    }
    body.destroy();
    if (!URL.canParse(headers.location, next.href)) {
      throw new HubError('refused', `${next.host} sends the download to what is no URL.`);
    }
    next = new URL(headers.location, next);
  }
  throw new HubError(
    'refused',
    `${url.host} sends the download on more than ${maxRedirects} times.`,
  );
}

/**
 * Whether a URL is the hub's own, and what is sent to it: elsewhere no token, and nothing at all to a place
 * that is not public or not asked over an encrypted connection.
 * @throws HubError `refused`
 */
export function planHop(
  url: URL,
  { endpoint, token, headers }: Pick<SendOptions, 'endpoint' | 'token' | 'headers'>,
): { isHub: boolean; headers: Readonly<Record<string, string>> } {
  const isHub = url.origin === new URL(endpoint).origin;
  if (!isHub && namesPrivateHost(url)) throw privateHost(url.host);
  if (!isHub && url.protocol !== 'https:') {
    throw new HubError(
      'refused',
      `The hub sends the download to ${url.protocol}//${url.host}: only https:// is followed.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new HubError('refused', `The hub sends the download to ${url.host} with a password.`);
  }
  const shown = isHub && token !== null ? { authorization: `Bearer ${token}` } : {};
  return { isHub, headers: { ...headers, ...shown } };
}

interface GetOptions extends Pick<SendOptions, 'headers' | 'idleMs' | 'signal'> {
  readonly lookup: LookupFunction | undefined;
}

async function get(url: URL, { idleMs, lookup, ...options }: GetOptions): Promise<IncomingMessage> {
  const { request } = await import(url.protocol === 'https:' ? 'node:https' : 'node:http');
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      ...options,
      ...(lookup && { lookup }),
      headers: { ...options.headers, 'accept-encoding': 'identity' },
    });
    let response: IncomingMessage | undefined;
    sent.setTimeout(idleMs, () => (response ?? sent).destroy(idle(url, idleMs)));
    sent.on('response', (started: IncomingMessage) => {
      response = started;
      resolve(started);
    });
    sent.on('error', reject);
    sent.end();
  });
}

function idle({ host }: URL, idleMs: number): Error {
  const message = `${host} has sent nothing for ${idleMs / 1000} seconds`;
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
