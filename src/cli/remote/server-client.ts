import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';

import { EngineUnavailableError, type ServedRecipe } from '../../index.ts';
import { defaultUrl, keyVariable, type ServerFlags } from '../options/server.ts';
import { ServerRefusal } from './server-refusal.ts';

/** Talks to a running `trimtab serve`. */
export class ServerClient {
  readonly url: string;
  readonly #key: string | undefined;

  /** @throws ServerRefusal for a URL that is none. */
  constructor({ url = defaultUrl, key = process.env[keyVariable] }: ServerFlags) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new ServerRefusal(`--url: ${url} is not a URL such as ${defaultUrl}.`);
    }
    this.url = url.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#key = key;
  }

  async recipes(signal: AbortSignal): Promise<readonly ServedRecipe[]> {
    const response = await this.#fetch('/v1/recipes', signal);
    return ((await response.json()) as { data: ServedRecipe[] }).data;
  }

  /** The server's metrics without labels, by name. */
  async metrics(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const text = await (await this.#fetch('/metrics', signal)).text();
    const lines = [...text.matchAll(/^(\w+) (\S+)$/gm)];
    return new Map(lines.map(([, name, value]) => [name!, Number(value)]));
  }

  /** The objects of an event stream, up to its `[DONE]`. @throws ServerRefusal for an error's object */
  async *events(path: string, body: object, signal: AbortSignal): AsyncGenerator {
    const response = await this.#fetch(path, signal, body);
    const events = response
      .body!.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of events as unknown as AsyncIterable<EventSourceMessage>) {
      if (data === '[DONE]') return;
      const event = JSON.parse(data) as { error?: unknown };
      if (event.error !== undefined) throw ServerRefusal.of(event);
      yield event;
    }
    throw new EngineUnavailableError(`${this.url} broke off in the middle of its answer.`);
  }

  async #fetch(path: string, signal: AbortSignal, body?: object): Promise<Response> {
    const response = await fetch(this.url + path, {
      signal,
      headers: {
        ...(this.#key && { authorization: `Bearer ${this.#key}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      const hint = 'Start one with `trimtab serve RECIPE`, or name it with --url.';
      throw new EngineUnavailableError(`No server answers at ${this.url}. ${hint}`, { cause });
    });
    if (response.ok) return response;
    const refusal: unknown = await response.json().catch(() => undefined);
    throw ServerRefusal.of(refusal, `${this.url} answers ${response.status} to ${path}.`);
  }
}
