import { createServer as createHttpServer, type Server, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

import { getRequestListener } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { pino, type Logger } from 'pino';

import { isLoopback } from '../hosts/index.ts';
import type { Contexts } from '../contexts/index.ts';
import type { Profiles } from '../profiles/index.ts';
import { InvalidOptionError, type InferenceService } from '../spec/index.ts';
import { jobLimits, type ItemAnswerer, type JobLimits } from '../jobs/index.ts';
import type { BatchStore } from '../store/index.ts';
import { createApp } from './app.ts';
import { Calls } from './answer/calls.ts';
import type { AppEnv, ServerContext } from './environment.ts';
import { createItemAnswerer } from './answer/item-answer.ts';
import { LazyContexts } from './lazy-contexts.ts';
import { LazyBatches } from './lazy-batches.ts';
import { LazyProfiles } from './lazy-profiles.ts';
import { defaultLimits, type ServerLimits } from './edge/limits.ts';
import { createMetrics } from './edge/metrics.ts';
import { refuseSocket, refuseUnreadable } from './wire/refuse-unread.ts';

export interface ServerOptions {
  /** What is served. Whoever made it disposes of it, after the server has closed. */
  readonly service: InferenceService;
  /**
   * Opens what is known of users, at the first request that needs it, and again if that failed. The
   * server disposes of it when it closes. None: it keeps no profiles.
   */
  readonly profiles?: (() => Promise<Profiles>) | undefined;
  /**
   * Opens where files and batches are kept, at the first request for one or when they are to go on
   * ({@link TrimtabServer.resumeBatches}), and again if that failed. None: the server takes none. Whoever opened it disposes
   * of it, after the server has closed.
   */
  readonly batches?: (() => Promise<BatchStore>) | undefined;
  /**
   * Opens stored contexts, at the first request for one or when what was begun is to go on
   * ({@link TrimtabServer.resumeContexts}), and again if that failed. The server disposes of them when it closes. None: it
   * keeps none.
   */
  readonly contexts?: (() => Promise<Contexts>) | undefined;
  /** Over {@link jobLimits}. */
  readonly jobLimits?: Partial<JobLimits> | undefined;
  /** Keys that clients may show as `Authorization: Bearer`. None: any passes, on the loopback only. */
  readonly keys?: readonly string[] | undefined;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Over {@link defaultLimits}. */
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Silent by default. */
  readonly logger?: Logger | undefined;
  /** Write prompts into the log. */
  readonly logPrompts?: boolean | undefined;
  /** Names beside the loopback's under which the server is reached. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of pages elsewhere that may use the server. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Folder of static files for `/`. */
  readonly page?: string | undefined;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: (() => number) | undefined;
}

export interface RunningServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no more requests, lets running answers end up to `limits.drainMs`, then ends them. */
  close(): Promise<void>;
}

/** Disposing of it ends what it has opened; one that listens does so when it closes. */
export interface TrimtabServer extends AsyncDisposable {
  /** Answers without a socket: `app.request('/v1/models')`. */
  readonly app: OpenAPIHono<AppEnv>;
  /** Answers the items of batches, without a socket, too. */
  readonly items: ItemAnswerer;
  listen(): Promise<RunningServer>;
  /** Goes on with batches that have not ended. @throws StoreError */
  resumeBatches(): Promise<void>;
  /** Goes on preparing contexts while nobody waits. @throws StoreError */
  resumeContexts(): Promise<void>;
}

/**
 * Serves composed models in the shapes of the OpenAI API.
 * @throws InvalidOptionError for an empty key, and beyond the loopback for a lack of keys.
 */
export function createServer(options: ServerOptions): TrimtabServer {
  const { service, keys = [], host = '127.0.0.1', port = 0 } = options;
  checkKeys(keys, host);
  const limits: ServerLimits = { ...defaultLimits, ...options.limits };
  const calls = new Calls(limits);
  const logger = options.logger ?? pino({ level: 'silent' });
  const profiles = new LazyProfiles(options.profiles, logger);
  const now = options.now ?? Date.now;
  const batches = new LazyBatches({
    open: options.batches,
    limits: { ...jobLimits, ...options.jobLimits },
    // Made after the context that it needs.
    answerer: { check: (...item) => items.check(...item), answer: (item) => items.answer(item) },
    logger,
    now,
  });
  const context: ServerContext = {
    service,
    limits,
    calls,
    profiles,
    batches,
    contexts: new LazyContexts(options.contexts, logger),
    metrics: createMetrics({
      service,
      running: () => calls.count,
      batches: () => batches.activity,
    }),
    logger,
    logPrompts: options.logPrompts ?? false,
    version: readVersion(),
    now,
  };
  const items = createItemAnswerer(context);
  const app = createApp(context, {
    keys,
    host,
    page: options.page,
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
  });
  return {
    app,
    items,
    listen: () => listen(app, context, host, port),
    resumeBatches: async () => void (await context.batches.get()),
    resumeContexts: async () => void (await context.contexts.get()),
    async [Symbol.asyncDispose]() {
      await batches[Symbol.asyncDispose]();
      await context.contexts[Symbol.asyncDispose]();
      await profiles[Symbol.asyncDispose]();
    },
  };
}

function checkKeys(keys: readonly string[], host: string): void {
  if (keys.some((key) => key.trim() === '')) {
    throw new InvalidOptionError('keys', 'A key is empty: give one of at least one character.');
  }
  if (keys.length === 0 && !isLoopback(host)) {
    throw new InvalidOptionError(
      'host',
      `Listening on ${host} lets others in: give a key, or listen on 127.0.0.1.`,
    );
  }
}

async function listen(
  app: OpenAPIHono<AppEnv>,
  context: ServerContext,
  host: string,
  port: number,
): Promise<RunningServer> {
  const { limits } = context;
  const answer = getRequestListener(app.fetch, { errorHandler: refuseUnreadable });
  const server = createHttpServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
      // Missed by the listener, which answers in our shape.
      requireHostHeader: false,
    },
    (incoming, outgoing) => {
      outgoing.once('prefinish', () => endIfStalled(outgoing, limits.stallMs));
      void answer(incoming, outgoing);
    },
  );
  server.on('clientError', (error, socket) => refuseSocket(error, socket, limits));
  server.maxConnections = limits.connections;
  server.timeout = limits.deadlineMs + 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeGracefully(server, context));
  return { url: toUrl(server.address() as AddressInfo), close, [Symbol.asyncDispose]: close };
}

/**
 * Closes the socket of a client that does not take the rest of its answer, all of which has been handed
 * over, and does not leave either. Whatever it sends meanwhile, each MiB has `stallMs`.
 */
function endIfStalled(answer: ServerResponse, stallMs: number): void {
  const limitMs = stallMs * Math.max(1, Math.ceil(answer.writableLength / 2 ** 20));
  const timer = setTimeout(() => answer.destroy(), limitMs);
  answer.once('close', () => clearTimeout(timer));
  answer.once('finish', () => clearTimeout(timer));
}

async function closeGracefully(
  server: Server,
  { calls, profiles, batches, contexts }: ServerContext,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // Their items are put back, and not waited for.
  await batches[Symbol.asyncDispose]();
  await contexts[Symbol.asyncDispose]();
  await calls.drain();
  await profiles[Symbol.asyncDispose]();
  // An answer that its client has whole may be on its last step here: its connection is idle a moment later.
  const idle = setInterval(() => server.closeIdleConnections(), 5);
  const late = setTimeout(() => server.closeAllConnections(), lastByteMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** For the last bytes of an answer, once it has ended. */
const lastByteMs = 1000;

function toUrl({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** `src/server/` and `dist/server/` are equally deep. */
function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
