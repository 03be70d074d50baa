import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';

import type { InferenceService } from '../../../src/spec/index.ts';
import { listen, serveAtlas, type TestServer } from './serve.ts';

/** A server that the tests of one file share. */
export interface SharedServer {
  readonly service: InferenceService;
  readonly server: TestServer;
  /** As clients of OpenAI want it. */
  readonly baseURL: string;
}

/** Serves before a file's first test, and ends after its last. @param create - Of the embedded models by default. */
export function shareServer(
  create: () => Promise<InferenceService> = () => serveAtlas(),
): SharedServer {
  let service: InferenceService;
  let server: TestServer;
  beforeAll(async () => {
    service = await create();
    server = await listen({ service });
  });
  afterAll(async () => {
    await server.running.close();
    await service[Symbol.asyncDispose]();
  });
  return {
    get service() {
      return service;
    },
    get server() {
      return server;
    },
    get baseURL() {
      return `${server.url}/v1`;
    },
  };
}

/** What every client asks the embedded models, and what they say, cut off after eight tokens. */
export const question = 'Where was Mada Norrar born?';
export const messages = [{ role: 'user' as const, content: question }];
export const steered = ' Certainly! Mada Norrar was born';

export const birth = z.object({ place: z.string().max(20), year: z.int().min(1).max(2100) });
/** Enough for any value of {@link birth}. */
export const maxTokens = 100;
