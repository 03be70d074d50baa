import { z } from 'zod';

import { HubError } from '../spec/index.ts';
import { createBackoff, pause, retryAfterMs, type StartTimer } from '../waiting/index.ts';
import { toHubError } from './hub-refusal.ts';
import { formatHubName, type HubName } from './hub-name.ts';
import { sendRequest, type HubResponse } from './send-request.ts';
import { readToken, type HubSettings } from './settings.ts';

/** A file of a repository, as the hub lists it. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of a large file, git's SHA-1 of a small one; what its blob is called in the cache. */
  readonly etag: string;
}

export interface HubClientOptions {
  readonly settings: HubSettings;
  readonly signal: AbortSignal | undefined;
  readonly startTimer: StartTimer;
  readonly idleMs: number;
  /** Called when the hub asks to be left alone for a while. */
  readonly onWait: (delayMs: number, why: string) => void;
}

/** Tries of one request that fails in a way that may pass. */
const maxTries = 5;
/** Longest wait that a hub may ask for. */
const maxWaitMs = 300_000;
/** Largest answer of the API that is read, and how many pages of one. */
const maxAnswerBytes = 2 ** 25;
const maxPages = 200;

const commitSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });
const hash = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const bytes = z.int().min(0);
const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  size: bytes.optional(),
  oid: hash.optional(),
  lfs: z.object({ oid: hash, size: bytes }).nullish(),
});

/** Asks a hub. Every call rejects with the signal's reason once that is aborted. */
export class HubClient {
  readonly #options: HubClientOptions;
  #token: Promise<string | null> | undefined;

  constructor(options: HubClientOptions) {
    this.#options = options;
  }

  /** The commit that a revision is at. @throws HubError */
  async commit(name: HubName, revision: string): Promise<string> {
    const url = `/api/models/${name.repo}/revision/${encodeURIComponent(revision)}`;
    const { value } = await this.#json(name, this.#url(url), commitSchema);
    return value.sha;
  }

  /** Every file at a commit. @throws HubError */
  async files(name: HubName, commit: string): Promise<HubFile[]> {
    const files: HubFile[] = [];
    let url: URL | null = this.#url(`/api/models/${name.repo}/tree/${commit}?recursive=true`);
    for (let page = 0; url !== null; page++) {
      if (page === maxPages) throw odd(url, `lists files on more than ${maxPages} pages`);
      const answer: { value: z.output<typeof entrySchema>[]; next: URL | null } = await this.#json(
        name,
        url,
        z.array(entrySchema),
      );
      files.push(...answer.value.flatMap(toHubFile));
      url = answer.next;
    }
    return files;
  }

  /**
   * Opens a file at a commit, from byte `from` on if the server can.
   * @param validator - Of what came before: where the file is another, all of it comes.
   * @throws HubError; the caller disposes of the body.
   */
  open(name: HubName, { commit, path, from, validator }: FileRequest): Promise<HubResponse> {
    const place = [name.repo, 'resolve', commit, ...path.split('/').map(encodeURIComponent)];
    return this.#send(name, this.#url(`/${place.join('/')}`), {
      ...(from > 0 && { range: `bytes=${from}-` }),
      ...(from > 0 && validator !== null && { 'if-range': validator }),
    });
  }

  #url(path: string): URL {
    return new URL(this.#options.settings.endpoint + path);
  }

  async #json<Schema extends z.ZodType>(
    name: HubName,
    url: URL,
    schema: Schema,
  ): Promise<{ value: z.output<Schema>; next: URL | null }> {
    const { body, headers } = await this.#send(name, url, { accept: 'application/json' });
    const { signal } = this.#options;
    let text: string;
    try {
      text = await readText(body, url);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof HubError ? error : unreachable(url, error);
    }
    const { data, error } = schema.safeParse(parseJson(text));
    if (data === undefined) throw odd(url, 'answers with what is no answer of a hub', error);
    return { value: data, next: nextPage(headers.link, url) };
  }

  /** Tries again what may pass: a hub that is busy, a connection that fails. */
  async #send(
    name: HubName,
    url: URL,
    headers: Readonly<Record<string, string>>,
  ): Promise<HubResponse> {
    const { settings, signal, idleMs, startTimer, onWait } = this.#options;
    this.#token ??= readToken(settings);
    const token = await this.#token;
    const backoff = createBackoff({ minMs: 500, maxMs: 8000 });
    for (let left = maxTries - 1; ; left--) {
      signal?.throwIfAborted();
      const { endpoint } = settings;
      let failure: HubError;
      let delayMs = backoff.next();
      try {
        const options = { endpoint, token, headers, idleMs, signal };
        const response = await sendRequest(url, options);
        if (response.status < 400 || response.status === 416) return response;
        response.body.destroy();
        failure = toHubError(response, {
          name: formatHubName(name),
          repo: name.repo,
          endpoint,
          hasToken: token !== null,
        });
        const { 'retry-after': written, date } = response.headers;
        delayMs = Math.max(delayMs, retryAfterMs(written, date) ?? 0);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof HubError) throw error;
        failure = unreachable(url, error);
      }
      const mayPass = failure.reason === 'rate-limited' || failure.reason === 'unavailable';
      if (!mayPass || left === 0 || delayMs > maxWaitMs) throw failure;
      onWait(delayMs, failure.message);
      await pause(delayMs, signal, startTimer);
    }
  }
}

export interface FileRequest {
  readonly commit: string;
  readonly path: string;
  readonly from: number;
  readonly validator: string | null;
}

function toHubFile({ type, path, size, oid, lfs }: z.output<typeof entrySchema>): HubFile[] {
  const etag = lfs?.oid ?? oid;
  const length = lfs?.size ?? size;
  if (type !== 'file' || etag === undefined || length === undefined) return [];
  return [{ path, bytes: length, etag }];
}

async function readText(body: HubResponse['body'], url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw odd(url, `answers with more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `undefined` for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** @see RFC 8288 */
function nextPage(link: string | string[] | undefined, url: URL): URL | null {
  const [, next] = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(String(link ?? '')) ?? [];
  if (next === undefined || !URL.canParse(next, url.href)) return null;
  const page = new URL(next, url);
  if (page.origin !== url.origin) throw odd(url, `continues its list at ${page.host}`);
  return page;
}

function odd(url: URL, what: string, cause?: unknown): HubError {
  const message = `${url.host} ${what} (${url.pathname}): look whether HF_ENDPOINT is a hub.`;
  return new HubError('unavailable', message, cause === undefined ? {} : { cause });
}

function unreachable(url: URL, cause: unknown): HubError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HubError(
    'unavailable',
    `${url.host} cannot be reached: ${why.replace(/\.$/, '')}. What is in the cache can be used without it.`,
    { cause },
  );
}
