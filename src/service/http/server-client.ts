import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';

import { EngineUnavailableError, InvalidOptionError } from '../../spec/index.ts';
import { toServerError } from './server-refusal.ts';

/** Where a server is, and what it is shown. */
export interface ServerAddress {
  /** `http://127.0.0.1:8080`, with or without `/v1`. */
  readonly url: string;
  /** Shown as `Authorization: Bearer`. */
  readonly key?: string | undefined;
}

/** What a route answers, whatever that is. */
export interface RouteAnswer {
  readonly status: number;
  readonly requestId: string;
  /** Of JSON its value, else its text. */
  readonly body: unknown;
}

/** Asks a server over HTTP. Every call rejects with the signal's reason once that is aborted. */
export class ServerClient {
  /** Without a slash at its end, and without `/v1`. */
  readonly url: string;
  readonly #key: string | undefined;

  /** @throws InvalidOptionError for a URL that is none. */
  constructor({ url, key }: ServerAddress) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new InvalidOptionError('url', `${url} is not a URL such as http://127.0.0.1:8080.`);
    }
    this.url = url.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#key = key;
  }

  /** @throws What the server's error says; EngineUnavailableError if none answers, or not in JSON. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#json(path, await this.#request(path, signal), signal);
  }

  /** As {@link get}; `undefined` where the server has no such route. */
  async find(path: string, signal: AbortSignal): Promise<unknown> {
    const response = await this.#fetch(path, signal);
    if (response.status === 404 || response.status === 405) {
      await response.body?.cancel();
      return undefined;
    }
    return this.#json(path, await this.#accept(path, response), signal);
  }

  async getText(path: string, signal: AbortSignal): Promise<string> {
    return this.#read(signal, (await this.#request(path, signal)).text());
  }

  async post(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    return this.#json(path, await this.#request(path, signal, body), signal);
  }

  /**
   * What a route answers, refusals too.
   * @param body - JSON.
   * @throws EngineUnavailableError if no server answers, or not to the end.
   */
  async ask(path: string, body: string, signal: AbortSignal): Promise<RouteAnswer> {
    const response = await this.#fetch(path, signal, body);
    const text = await this.#read(signal, response.text());
    return {
      status: response.status,
      requestId: response.headers.get('x-request-id') ?? '',
      body: parseJson(text) ?? text,
    };
  }

  /**
   * The objects of an event stream, up to its `[DONE]`.
   * @throws What an error's object says; EngineUnavailableError for a stream that breaks off, or is none.
   */
  async *events(path: string, body: object, signal: AbortSignal): AsyncGenerator<object, void> {
    const response = await this.#request(path, signal, body);
    const type = response.headers.get('content-type') ?? 'nothing that it names';
    if (!type.startsWith('text/event-stream') || response.body === null) {
      await response.body?.cancel();
      throw this.#misunderstood(path, `with ${type} in place of a stream of events`);
    }
    const events = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream()) as unknown as AsyncIterable<EventSourceMessage>;
    try {
      for await (const { data } of events) {
        if (data === '[DONE]') return;
        yield this.#toEvent(path, data);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TypeError)) throw error;
      throw this.#brokenOff(error); // how a fetch says that its connection was lost
    }
    signal.throwIfAborted();
    throw this.#brokenOff();
  }

  #toEvent(path: string, data: string): object {
    const event = parseJson(data);
    if (typeof event !== 'object' || event === null) {
      throw this.#misunderstood(path, `with an event that is no JSON object`);
    }
    if (!('error' in event) || event.error == null) return event;
    throw toServerError(event, { url: this.url, path, status: null, retryAfterSeconds: null });
  }

  async #json(path: string, response: Response, signal: AbortSignal): Promise<unknown> {
    const value = parseJson(await this.#read(signal, response.text()));
    if (value === undefined) throw this.#misunderstood(path, 'with what is no JSON');
    return value;
  }

  /** @throws EngineUnavailableError if the connection is lost before all has come. */
  async #read<Value>(signal: AbortSignal, body: Promise<Value>): Promise<Value> {
    try {
      return await body;
    } catch (error) {
      signal.throwIfAborted();
      throw this.#brokenOff(error);
    }
  }

  async #request(path: string, signal: AbortSignal, body?: object): Promise<Response> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.#accept(path, await this.#fetch(path, signal, text));
  }

  async #accept(path: string, response: Response): Promise<Response> {
    if (response.ok) return response;
    const text = await response.text().catch(() => '');
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    throw toServerError(parseJson(text), {
      url: this.url,
      path,
      status: response.status,
      retryAfterSeconds: Number.isFinite(seconds) ? seconds : null,
    });
  }

  async #fetch(path: string, signal: AbortSignal, body?: string): Promise<Response> {
    signal.throwIfAborted();
    try {
      return await fetch(this.url + path, {
        signal,
        headers: {
          ...(this.#key && { authorization: `Bearer ${this.#key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { method: 'POST', body }),
      });
    } catch (cause) {
      signal.throwIfAborted();
      const remedy = 'Start one with `trimtab serve RECIPE`, or give the URL of another.';
      throw new EngineUnavailableError(`No server answers at ${this.url}. ${remedy}`, { cause });
    }
  }

  #brokenOff(cause?: unknown): EngineUnavailableError {
    return new EngineUnavailableError(
      `${this.url} broke off in the middle of its answer.`,
      cause === undefined ? {} : { cause },
    );
  }

  #misunderstood(path: string, how: string): EngineUnavailableError {
    return new EngineUnavailableError(
      `${this.url} answers ${path} ${how}: it is no server of the OpenAI API, or something between changes its answers.`,
    );
  }
}

/** `undefined` for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
