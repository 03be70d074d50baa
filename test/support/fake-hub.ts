import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One thing that goes wrong, once. */
export type HubFault =
  /** Answers with a status. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Closes the connection after so many bytes of the body, or says nothing more. */
  | { readonly cutAfter: number }
  | { readonly stallAfter: number }
  /** Sends these bytes in place of the file's. */
  | { readonly bytes: Buffer }
  | { readonly etag: string }
  | { readonly redirect: string }
  /** Answers with the whole file, whatever was asked for. */
  | { readonly ignoresRange: true }
  /** Answers with this text. */
  | { readonly text: string };

export interface FakeRepo {
  /** Files by commit and path. */
  readonly commits: Readonly<Record<string, Readonly<Record<string, Buffer>>>>;
  /** Commits by branch or tag. */
  readonly refs: Record<string, string>;
  /** Its files are given only to this token. */
  readonly gatedFor?: string;
  /** It is seen only with this token. */
  readonly privateFor?: string;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly range: string | null;
  readonly ifRange: string | null;
  /** Bytes of the answer's body, as far as they were sent. */
  sentBytes: number;
}

export interface FakeHub extends AsyncDisposable {
  readonly endpoint: string;
  readonly repos: Record<string, FakeRepo>;
  /** In the order they came. */
  readonly requests: SeenRequest[];
  /** The next request whose path holds `part` meets a fault; several wait for their turns. */
  fail(part: string, ...faults: HubFault[]): void;
}

/** Entries of one page of a list of files. */
const pageLength = 3;

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitHash(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Weights are large files, kept elsewhere; all else is in the repository itself. */
function isLarge(file: string): boolean {
  return file.endsWith('.gguf') || file.endsWith('.safetensors');
}

/** A server on this machine that speaks the protocol of Hugging Face's hub, as far as fetching goes. */
export async function createFakeHub(repos: Record<string, FakeRepo>): Promise<FakeHub> {
  const requests: SeenRequest[] = [];
  const faults: { part: string; fault: HubFault }[] = [];
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://hub');
    const seen: SeenRequest = {
      method: request.method!,
      path: pathname + search,
      token: request.headers.authorization?.replace('Bearer ', '') ?? null,
      range: request.headers.range ?? null,
      ifRange: (request.headers['if-range'] as string | undefined) ?? null,
      sentBytes: 0,
    };
    requests.push(seen);
    const at = faults.findIndex(({ part }) => seen.path.includes(part));
    const [found] = at === -1 ? [] : faults.splice(at, 1);
    new Answer({ repos, request, response, seen, fault: found?.fault ?? null }).give();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    repos,
    requests,
    fail: (part, ...added) => void faults.push(...added.map((fault) => ({ part, fault }))),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly repos: Readonly<Record<string, FakeRepo>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly seen: SeenRequest;
  readonly fault: HubFault | null;
}

class Answer {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  give(): void {
    const { fault, seen } = this.#exchange;
    if (fault !== null && 'status' in fault) return this.#end(fault.status, fault.headers);
    if (fault !== null && 'text' in fault) return this.#end(200, {}, fault.text);
    if (fault !== null && 'redirect' in fault) return this.#end(302, { location: fault.redirect });
    const [path = '', query = ''] = seen.path.split('?');
    const cdn = /^\/cdn\/([^/]+\/[^/]+)\/(\w+)\/(.+)$/.exec(path);
    if (cdn !== null)
      return this.#sendFile(this.#file(cdn[1]!, cdn[2]!, decodeURI(cdn[3]!))!, true);
    const [, isApi, repo, what, revision, file] =
      /^(\/api\/models)?\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/([^/]+)(?:\/(.+))?$/.exec(
        path,
      ) ?? [];
    if (repo === undefined) return this.#end(404);
    const found = this.#exchange.repos[repo];
    const { privateFor, gatedFor } = found ?? {};
    if (found === undefined || (privateFor !== undefined && seen.token !== privateFor)) {
      return this.#refuse(seen.token === null ? 401 : 404, 'RepoNotFound');
    }
    const wanted = decodeURIComponent(revision!);
    const commit = found.refs[wanted] ?? wanted;
    if (found.commits[commit] === undefined) return this.#refuse(404, 'RevisionNotFound');
    if (isApi && what === 'revision') {
      return this.#end(
        200,
        {},
        JSON.stringify({ id: repo, modelId: repo, sha: commit, siblings: [] }),
      );
    }
    if (isApi) return this.#list(found.commits[commit], path, query);
    if (gatedFor !== undefined && seen.token !== gatedFor) {
      return this.#refuse(seen.token === null ? 401 : 403, 'GatedRepo');
    }
    const bytes = this.#file(repo, commit, decodeURI(file!));
    if (bytes === null) return this.#refuse(404, 'EntryNotFound');
    return this.#resolve(bytes, commit, `/cdn/${repo}/${commit}/${file}`, isLarge(file!));
  }

  /** What `resolve` says of a file: where it is, or the file itself. */
  #resolve(bytes: Buffer, commit: string, place: string, isElsewhere: boolean): void {
    const { fault } = this.#exchange;
    const etag = isElsewhere ? sha256(bytes) : gitHash(bytes);
    const shown = `"${fault !== null && 'etag' in fault ? fault.etag : etag}"`;
    this.#exchange.response.setHeader('x-repo-commit', commit);
    if (!isElsewhere) {
      this.#exchange.response.setHeader('etag', shown);
      return this.#sendFile(bytes, false);
    }
    if (this.#exchange.request.method === 'HEAD') {
      return this.#end(200, {
        'x-linked-etag': shown,
        'x-linked-size': String(bytes.length),
      });
    }
    // Elsewhere: clients of the hub take a relative one for its own.
    return this.#end(302, {
      location: `http://${this.#exchange.request.headers.host}${place}`,
      'x-linked-etag': shown,
      'x-linked-size': String(bytes.length),
    });
  }

  #file(repo: string, commit: string, file: string): Buffer | null {
    return this.#exchange.repos[repo]?.commits[commit]?.[file] ?? null;
  }

  #list(files: Readonly<Record<string, Buffer>>, path: string, query: string): void {
    const entries = Object.entries(files).map(([name, bytes]) => ({
      type: 'file',
      oid: gitHash(isLarge(name) ? Buffer.from(`pointer to ${sha256(bytes)}`) : bytes),
      size: bytes.length,
      path: name,
      ...(isLarge(name) && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } }),
    }));
    const from = Number(new URLSearchParams(query).get('cursor') ?? 0);
    const next = from + pageLength;
    const link = `<http://${this.#exchange.request.headers.host}${path}?recursive=true&cursor=${next}>; rel="next"`;
    const page = JSON.stringify(entries.slice(from, next));
    this.#end(200, next < entries.length ? { link } : {}, page);
  }

  #sendFile(whole: Buffer, isCdn: boolean): void {
    const { fault, request, response, seen } = this.#exchange;
    const bytes = fault !== null && 'bytes' in fault ? fault.bytes : whole;
    const etag = isCdn ? `"cdn-${sha256(bytes).slice(0, 12)}"` : `"${gitHash(bytes)}"`;
    if (!response.hasHeader('etag')) response.setHeader('etag', etag);
    response.setHeader('accept-ranges', 'bytes');
    const [, start] = /^bytes=(\d+)-/.exec(seen.range ?? '') ?? [];
    const isWhole =
      start === undefined ||
      (fault !== null && 'ignoresRange' in fault) ||
      (seen.ifRange !== null && seen.ifRange !== etag);
    const from = isWhole ? 0 : Number(start);
    if (from >= bytes.length && from > 0) {
      return this.#end(416, { 'content-range': `bytes */${bytes.length}` });
    }
    const part = bytes.subarray(from);
    response.writeHead(isWhole ? 200 : 206, {
      'content-length': part.length,
      ...(!isWhole && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (request.method === 'HEAD') return void response.end();
    const limit =
      fault !== null && 'cutAfter' in fault
        ? fault.cutAfter
        : fault !== null && 'stallAfter' in fault
          ? fault.stallAfter
          : Infinity;
    const sent = part.subarray(0, limit);
    seen.sentBytes = sent.length;
    if (sent.length === part.length) return void response.end(sent);
    response.write(sent, () => {
      if (fault !== null && 'cutAfter' in fault) response.destroy();
    });
    return undefined;
  }

  #refuse(status: number, code: string): void {
    this.#end(status, { 'x-error-code': code, 'x-error-message': `Refused: ${code}.` });
  }

  #end(status: number, headers: Readonly<Record<string, string>> = {}, text = ''): void {
    const { response, request } = this.#exchange;
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
    response.end(request.method === 'HEAD' ? '' : text);
  }
}
