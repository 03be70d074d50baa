import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { RequestError } from '@hono/node-server';

import { RefusedError, toErrorAnswer } from '../edge/errors.ts';
import type { ServerLimits } from '../edge/limits.ts';

/**
 * Answers what Node's HTTP parser could not read, in the shape of every other error, and closes the
 * connection: nothing that follows on it can be understood.
 */
export function refuseSocket(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  limits: ServerLimits,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const { status, headers, body } = toErrorAnswer(toRefusal(error, limits));
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`, () =>
    socket.destroy(),
  );
}

function toRefusal({ code }: NodeJS.ErrnoException, limits: ServerLimits): RefusedError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const message = `The headers have at most ${limits.headerBytes} bytes.`;
    return new RefusedError('headers_too_large', message);
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new RefusedError('body_too_large', 'The extensions of a chunk are too large.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new RefusedError('request_timeout', 'The request did not arrive in time.');
  }
  return new RefusedError('malformed_request', 'This is no request of HTTP/1.1.');
}

/** Answers a request whose target or `Host` is none. */
export function refuseUnreadable(error: unknown): Response {
  const isOfRequest = error instanceof RequestError;
  const cause = isOfRequest
    ? new RefusedError('malformed_request', `${error.message}: this is no request of HTTP/1.1.`)
    : error;
  const { status, headers, body } = toErrorAnswer(cause);
  return Response.json(body, { status, headers });
}
