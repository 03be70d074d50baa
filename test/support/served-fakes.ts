import { createServer, type ServerOptions } from '../../src/server/index.ts';
import {
  createHttpService,
  type HttpService,
  type HttpServiceOptions,
  type LocalServiceOptions,
} from '../../src/service/index.ts';
import { createFakeService } from './fake-model/fake-world.ts';

/** A service over HTTP whose disposal ends its server, too. */
export async function createServedFakes(
  options: LocalServiceOptions,
  {
    server = {},
    client = {},
  }: { server?: Partial<ServerOptions>; client?: Partial<HttpServiceOptions> } = {},
): Promise<HttpService> {
  const local = await createFakeService(options);
  const running = await createServer({ ...server, service: local }).listen();
  const service = await createHttpService({ url: running.url, statusMs: 100, ...client });
  const dispose = service[Symbol.asyncDispose].bind(service);
  let isEnded = false;
  service[Symbol.asyncDispose] = async () => {
    await dispose();
    if (isEnded) return;
    isEnded = true;
    await running.close();
    await local[Symbol.asyncDispose]();
  };
  return service;
}
