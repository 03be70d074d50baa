import { RemoteModelError, type RemoteModelFailure } from '../spec/index.ts';
import {
  createBackoff,
  createDeferred,
  pause,
  untilAborted,
  type Deferred,
} from '../waiting/index.ts';
import { AnswerTooLarge, createAgent, send, type ServerAnswer } from './send.ts';

export interface BaseClientOptions {
  /** `http://host:8000`, with or without `/v1`. */
  readonly url: string;
  /** Shown to that server as `Authorization: Bearer`, and to nobody else. */
  readonly key: string | null;
  /** In PEM. */
  readonly certificates: string | null;
  readonly maxRequests: number;
  readonly timeoutMs: number;
}

export interface AskOptions {
  /** What the answer has at most; more is not read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** How often a request is sent that fails in a way that may pass. */
const maxTries = 4;
/** The longest that is waited because a server asks for it. */
const maxWaitMs = 20_000;

/** Asks one server, as many things at once as it may. */
export class BaseClient implements Disposable {
  /** For messages: what is secret is not in it. */
  readonly name: string;
  readonly usage = { requests: 0, retries: 0, bytesSent: 0, bytesReceived: 0 };
  readonly #url: string;
  readonly #options: BaseClientOptions;
  readonly #agent: ReturnType<typeof createAgent>;
  readonly #waiting: Deferred<void>[] = [];
  #open = 0;
  /** Called when a connection was lost: what answers next may be another server. */
  onLost: () => void = () => {};

  constructor(options: BaseClientOptions) {
    const url = new URL(options.url);
    this.name = url.host;
    this.#url = options.url.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#options = options;
    this.#agent = createAgent(url, options.certificates);
  }

  /** @throws RemoteModelError, or the signal's reason. */
  async post(path: string, body: object, options: AskOptions): Promise<unknown> {
    return this.#ask('POST', path, JSON.stringify(body), options);
  }

  /** @throws RemoteModelError, or the signal's reason. */
  async get(path: string, options: AskOptions): Promise<unknown> {
    return this.#ask('GET', path, undefined, options);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    { maxBytes, signal }: AskOptions,
  ): Promise<unknown> {
    await this.#takePlace(signal);
    try {
      return await this.#askRepeatedly(method, path, body, { maxBytes, signal });
    } finally {
      this.#passOn();
    }
  }

  async #askRepeatedly(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    { maxBytes, signal }: AskOptions,
  ): Promise<unknown> {
    const backoff = createBackoff({ minMs: 100, maxMs: 3000 });
    for (let tries = 1; ; tries++) {
      const outcome = await this.#try(method, path, body, maxBytes, signal);
      if (!(outcome instanceof Failure)) return this.#read(path, outcome);
      const waitMs = outcome.waitMs ?? backoff.next();
      if (!outcome.mayPass || tries === maxTries || waitMs > maxWaitMs) throw outcome.error;
      this.usage.retries++;
      await pause(waitMs, signal);
    }
  }

  /** Its turn among the requests that may run at once. */
  async #takePlace(signal: AbortSignal | undefined): Promise<void> {
    if (this.#open < this.#options.maxRequests) {
      this.#open++;
      return;
    }
    const turn = createDeferred<void>();
    this.#waiting.push(turn);
    try {
      await untilAborted(turn.promise, signal);
    } catch (error) {
      const at = this.#waiting.indexOf(turn);
      if (at === -1) this.#passOn(); // it had come meanwhile
      else this.#waiting.splice(at, 1);
      throw error;
    }
  }

  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#open--;
    else next.resolve();
  }

  async #try(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    maxBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<ServerAnswer | Failure> {
    const { key, timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    this.usage.requests++;
    this.usage.bytesSent += body?.length ?? 0;
    try {
      const answer = await send(new URL(this.#url + path), {
        method,
        ...(body !== undefined && { body }),
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== null && { authorization: `Bearer ${key}` }),
        },
        maxBytes,
        signal: either,
        agent: this.#agent,
      });
      this.usage.bytesReceived += answer.text.length;
      return answer.status === 200 ? answer : this.#refusal(path, answer);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof AnswerTooLarge) {
        return this.#failure(
          'corrupt',
          `answers ${path} with ${cause.message}, more than what it was asked for can take`,
        );
      }
      this.onLost();
      if (timeout.aborted) {
        return this.#failure(
          'timeout',
          `did not answer ${path} within ${timeoutMs / 1000} seconds`,
          { mayPass: true },
        );
      }
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it broke off';
      return this.#failure('unavailable', `cannot be reached, or broke off its answer (${why})`, {
        mayPass: true,
        cause,
      });
    }
  }

  /** An answer of another status than 200. */
  #refusal(path: string, { status, retryAfterMs, text }: ServerAnswer): Failure {
    const said = this.#quote(text);
    const how = `answers ${path} with status ${status}${said}`;
    if (status === 401 || status === 403) {
      const has =
        this.#options.key === null
          ? 'It was shown no key: name its variable in keyEnv.'
          : 'Look at the key in the variable that keyEnv names.';
      return this.#failure('forbidden', `${how}. ${has}`);
    }
    if (status === 429) {
      return this.#failure('rate-limited', how, { mayPass: true, waitMs: retryAfterMs });
    }
    if (status >= 300 && status < 400) {
      return this.#failure(
        'refused',
        `${how}: it sends requests on, which are not followed. Give the address that it sends to`,
      );
    }
    if (status === 404)
      return this.#failure('refused', `${how}: look at the model's name, url and kind`);
    if (status < 500 && status !== 408) return this.#failure('refused', how);
    if (status >= 502 && status <= 504) this.onLost();
    return this.#failure('unavailable', how, { mayPass: true, waitMs: retryAfterMs });
  }

  /** What a server says of a refusal, short and without the key. */
  #quote(text: string): string {
    const { key } = this.#options;
    let said: unknown = text;
    try {
      const value = JSON.parse(text) as { error?: { message?: unknown }; message?: unknown };
      said = value.error?.message ?? value.message ?? text;
    } catch {
      // It is what it is.
    }
    const line = String(said)
      .replaceAll(/[\p{Cc}\s]+/gu, ' ')
      .trim();
    const safe = key === null || key === '' ? line : line.replaceAll(key, '***');
    return safe === '' ? '' : ` (${safe.length > 200 ? `${safe.slice(0, 200)}…` : safe})`;
  }

  #read(path: string, { text }: ServerAnswer): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw this.#failure('corrupt', `answers ${path} with what is no JSON`, { cause }).error;
    }
  }

  #failure(
    reason: RemoteModelFailure,
    how: string,
    {
      mayPass = false,
      waitMs = null,
      cause,
    }: { mayPass?: boolean; waitMs?: number | null; cause?: unknown } = {},
  ): Failure {
    const error = new RemoteModelError(
      reason,
      `The server ${this.name} ${how}.`.replace(/\.\.$/, '.'),
      { cause },
    );
    return new Failure(error, mayPass, waitMs);
  }
}

/** A try that failed. */
class Failure {
  readonly error: RemoteModelError;
  readonly mayPass: boolean;
  /** What the server asks to wait. */
  readonly waitMs: number | null;

  constructor(error: RemoteModelError, mayPass: boolean, waitMs: number | null) {
    this.error = error;
    this.mayPass = mayPass;
    this.waitMs = waitMs;
  }
}
