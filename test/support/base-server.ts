import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import type { ServerKind, TokenId, Vocabulary } from '../../src/spec/index.ts';

/** One thing that goes wrong, once. */
export type BaseServerFault =
  /** Answers with a status. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Says nothing, or closes the connection in the middle of the answer. */
  | 'hang'
  | 'drop'
  /** Goes on writing. */
  | 'flood'
  | 'no-json'
  /** Tells fewer than it was asked for; no number; what has no probability; logits; a token twice. */
  | 'fewer'
  | 'nan'
  | 'cut'
  | 'logits'
  | 'twice';

export interface BaseServerOptions {
  readonly kind: ServerKind;
  readonly vocabulary: Vocabulary;
  /** Logits behind a text. */
  readonly logits: (tokens: readonly TokenId[]) => ArrayLike<number> | Promise<ArrayLike<number>>;
  readonly model?: string;
  readonly key?: string;
  /** Log-probs of a position at most: it refuses to tell more. */
  readonly maxLogprobs?: number;
  /** Tokens of its vocabulary beyond those of the models here. */
  readonly padding?: number;
  readonly tellsTokens?: boolean;
  /** It speaks https, with this key and certificate, in PEM. */
  readonly secure?: { readonly key: string; readonly cert: string };
}

/** A request that it was sent. */
export interface HeardRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A server of a model, in one of the dialects, with faults. */
export interface BaseServer extends AsyncDisposable {
  readonly url: string;
  /** Of rows: the texts behind which it was asked for them, a list for each request. */
  readonly asked: readonly (readonly (readonly TokenId[])[])[];
  readonly heard: readonly HeardRequest[];
  /** The next requests for rows go wrong, one each. */
  failNext(...faults: readonly BaseServerFault[]): void;
  /** It has another model from now on. */
  change(logits: BaseServerOptions['logits']): void;
}

export async function startBaseServer(options: BaseServerOptions): Promise<BaseServer> {
  const { kind, vocabulary, model = 'base', key, maxLogprobs = Infinity, padding = 0 } = options;
  let { logits } = options;
  const faults: BaseServerFault[] = [];
  const asked: (readonly (readonly TokenId[])[])[] = [];
  const heard: HeardRequest[] = [];

  /** Log-probs of all tokens, the best first. */
  const ranked = async (prompt: readonly TokenId[]): Promise<[TokenId, number][]> => {
    const row = Array.from(await logits(prompt));
    for (let i = 0; i < padding; i++) row.push(-6 - i / 8);
    const max = Math.max(...row);
    const logZ = max + Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
    const all = row.map((x, tokenId): [TokenId, number] => [tokenId, x - logZ]);
    return all.toSorted((a, b) => b[1] - a[1] || a[0] - b[0]);
  };
  const spoil = (told: [TokenId, number][], fault: BaseServerFault | undefined) => {
    if (fault === 'fewer') return told.slice(0, -1);
    if (fault === 'nan') return told.map(([id]): [TokenId, number] => [id, NaN]);
    if (fault === 'cut')
      return told.map(([id, x], i): [TokenId, number] => [id, i > 2 ? -9999 : x]);
    if (fault === 'logits') return told.map(([id, x]): [TokenId, number] => [id, x + 20]);
    if (fault === 'twice')
      return told.map(([, x], i): [TokenId, number] => [told[i === 1 ? 0 : i]![0], x]);
    return told;
  };
  const textOf = (id: TokenId) =>
    id < vocabulary.size ? Buffer.from(vocabulary.piece(id)).toString('utf8') : `<pad ${id}>`;

  /** What Python writes where JSON has no word. */
  const write = (value: unknown) =>
    JSON.stringify(value, (_, x: unknown) =>
      typeof x === 'number' && Number.isNaN(x) ? '#NaN' : x,
    ).replaceAll('"#NaN"', 'NaN');

  async function rows(body: Record<string, unknown>): Promise<unknown> {
    const given = body['prompt'] as TokenId[] | TokenId[][];
    const prompts = typeof given[0] === 'number' ? [given as TokenId[]] : (given as TokenId[][]);
    asked.push(prompts);
    const fault = faults.shift();
    if (
      fault !== undefined &&
      (typeof fault === 'object' || ['hang', 'drop', 'flood', 'no-json'].includes(fault))
    ) {
      throw new Spoiled(fault);
    }
    const count = Number(kind === 'llama-server' ? body['n_probs'] : body['logprobs']);
    if (count > maxLogprobs) throw new Refused(`${count} logprobs, of ${maxLogprobs} at most`);
    const ids = body['logprob_token_ids'] as TokenId[] | undefined;
    const told = await Promise.all(
      prompts.map(async (prompt) => {
        const all = await ranked(prompt);
        const named =
          ids === undefined
            ? all.slice(0, count)
            : all.filter(([id], i) => i === 0 || ids.includes(id));
        return spoil(named, fault);
      }),
    );
    if (kind === 'llama-server') {
      const answers = told.map((row, index) => ({
        index,
        content: textOf(row[0]![0]),
        model,
        completion_probabilities: [
          {
            id: row[0]![0],
            token: textOf(row[0]![0]),
            logprob: row[0]![1],
            top_logprobs: row.map(([id, logprob]) => ({ id, token: textOf(id), logprob })),
          },
        ],
      }));
      return answers.length === 1 ? answers[0] : answers;
    }
    const nameOf = (id: TokenId) => (kind === 'vllm' ? `token_id:${id}` : textOf(id));
    const choices = told.map((row, index) => ({
      index,
      text: textOf(row[0]![0]),
      logprobs: { top_logprobs: [Object.fromEntries(row.map(([id, x]) => [nameOf(id), x]))] },
    }));
    return { model, choices: choices.toReversed() }; // in any order
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    const path = request.url ?? '';
    heard.push({ path, authorization: request.headers.authorization, body });
    const say = (status: number, value: unknown, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(write(value));
    };
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`) {
      say(401, { error: { message: `wrong key ${request.headers.authorization ?? ''}` } });
      return;
    }
    if (path === '/v1/models') {
      say(200, { object: 'list', data: [{ id: model, object: 'model' }] });
      return;
    }
    const plain = { addSpecial: false, parseSpecial: false };
    if (options.tellsTokens !== false && kind !== 'openai') {
      if (path === '/tokenize') {
        say(200, { tokens: vocabulary.tokenize(String(body['content'] ?? body['prompt']), plain) });
        return;
      }
      if (path === '/detokenize') {
        const tokens = body['tokens'] as TokenId[];
        const said = Buffer.concat(tokens.map((id) => vocabulary.piece(id))).toString('utf8');
        say(200, { content: said, prompt: said });
        return;
      }
    }
    if (path !== (kind === 'llama-server' ? '/completion' : '/v1/completions')) {
      say(404, { error: { message: 'no such route' } });
      return;
    }
    try {
      say(200, await rows(body));
    } catch (error) {
      if (error instanceof Refused) {
        say(400, { error: { message: error.message } });
        return;
      }
      if (!(error instanceof Spoiled)) throw error;
      const { fault } = error;
      if (typeof fault === 'object')
        say(fault.status, { error: { message: 'not now' } }, fault.headers);
      else if (fault === 'no-json') response.end('<html>');
      else if (fault === 'drop') {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"choices":');
        setImmediate(() => response.destroy());
      } else if (fault === 'flood') flood(response);
    }
  }

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500);
      response.end(String(error));
    });
  };
  const { secure } = options;
  const server =
    secure === undefined ? createServer(listener) : createSecureServer(secure, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http${secure === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    heard,
    failNext: (...next) => void faults.push(...next),
    change: (other) => void (logits = other),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What it is asked for is too much. */
class Refused extends Error {}

class Spoiled extends Error {
  readonly fault: BaseServerFault;

  constructor(fault: BaseServerFault) {
    super('spoiled');
    this.fault = fault;
  }
}

function flood(response: ServerResponse): void {
  response.writeHead(200);
  const more = (): void => {
    if (!response.destroyed && response.write('x'.repeat(65_536))) setImmediate(more);
    else if (!response.destroyed) response.once('drain', more);
  };
  more();
}
