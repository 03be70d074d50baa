import { HttpService, type HttpServiceOptions } from './http-service.ts';

/**
 * The recipes of a running `trimtab serve`, or the models of any server of the OpenAI API, as far as
 * that goes. One service is one owner: the server tells owners apart by their keys.
 *
 * ```ts
 * await using service = await createHttpService({ url: 'http://127.0.0.1:8080' });
 * ```
 * @throws InvalidOptionError for a URL that is none, EngineUnavailableError if no server answers there,
 *   ServerRefusal, e.g. for a wrong key, or the signal's reason.
 */
export async function createHttpService(options: HttpServiceOptions): Promise<HttpService> {
  const service = new HttpService(options);
  await service.start();
  return service;
}
