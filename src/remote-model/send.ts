import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { rootCertificates } from 'node:tls';

import { retryAfterMs } from '../waiting/index.ts';

/** An answer, read whole. */
export interface ServerAnswer {
  readonly status: number;
  /** `null` where it says nothing of the kind that is a number or a date. */
  readonly retryAfterMs: number | null;
  readonly text: string;
}

export interface CallOptions {
  readonly method: 'GET' | 'POST';
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** An answer of more is not read. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** For a server that has certificates of its own. */
  readonly agent: PlainAgent | SecureAgent;
}

/** An answer larger than what was asked for can be. */
export class AnswerTooLarge extends Error {}

/** Connections to one server, kept for the next requests. @param certificates - In PEM, trusted besides the system's. */
export function createAgent(url: URL, certificates: string | null): PlainAgent | SecureAgent {
  if (url.protocol === 'http:') return new PlainAgent({ keepAlive: true });
  const ca = certificates === null ? {} : { ca: [...rootCertificates, certificates] };
  return new SecureAgent({ keepAlive: true, ...ca });
}

/**
 * Sends a request to a server and nowhere else: redirects are answers, and not followed.
 * @throws AnswerTooLarge, the signal's reason, or the system's error if the connection fails.
 */
export async function send(url: URL, options: CallOptions): Promise<ServerAnswer> {
  const { method, body, headers, maxBytes, signal, agent } = options;
  signal.throwIfAborted();
  const open = url.protocol === 'https:' ? secureRequest : plainRequest;
  return new Promise<ServerAnswer>((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : error);
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = open(url, { method, headers: { ...headers, ...length }, agent, signal });
    sent.on('error', fail);
    sent.on('response', (response: IncomingMessage) => {
      readAnswer(response, maxBytes).then(resolve, fail);
    });
    sent.end(body);
  });
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<ServerAnswer> {
  const { statusCode: status = 0, headers } = response;
  const waitMs = retryAfterMs(headers['retry-after'], headers.date);
  return { status, retryAfterMs: waitMs, text: await readText(response, maxBytes) };
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) {
      response.destroy();
      throw new AnswerTooLarge(`more than ${maxBytes} bytes`);
    }
    parts.push(part);
  }
  if (!response.complete) throw new Error('the answer broke off');
  return Buffer.concat(parts).toString('utf8');
}
