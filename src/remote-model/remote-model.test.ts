import { afterEach, describe, expect, it } from 'vitest';

import {
  startBaseServer,
  type BaseServer,
  type BaseServerOptions,
} from '../../test/support/base-server.ts';
import { byteVocabulary, bytesOf } from '../../test/support/byte-vocabulary.ts';
import { chaoticLogits } from '../../test/support/fake-model/chaotic-logits.ts';
import { pieceVocabulary } from '../../test/support/piece-vocabulary.ts';
import {
  InvalidOptionError,
  RemoteModelError,
  VocabularyMismatchError,
  type ServerSource,
  type SparseRow,
} from '../spec/index.ts';
import { connectModel, type ConnectOptions, type RemoteModel } from './index.ts';

const vocabulary = byteVocabulary();
const logits = chaoticLogits(vocabulary, { salt: 5 });
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

async function serve(options: Partial<BaseServerOptions> = {}): Promise<BaseServer> {
  const server = await startBaseServer({ kind: 'vllm', vocabulary, logits, ...options });
  opened.push(server);
  return server;
}

async function connect(
  server: BaseServer,
  source: Partial<ServerSource> = {},
  options: ConnectOptions = {},
): Promise<RemoteModel> {
  const lender = { vocabulary, chatTemplate: null, trainedContextLength: 512 };
  const model = await connectModel(
    {
      kind: 'server',
      url: server.url,
      server: 'vllm',
      model: null,
      keyEnv: null,
      caFile: null,
      tokenizer: 'small',
      maxLogprobs: null,
      maxRequests: 4,
      timeoutMs: 5000,
      isPrivate: false,
      sayable: null,
      ...source,
    },
    lender,
    options,
  );
  opened.push({ [Symbol.asyncDispose]: async () => model[Symbol.dispose]() });
  return model;
}

const contextOptions = {
  contextLength: 256,
  maxSequences: 4,
  batchSize: 64,
  maxRows: 16,
  threads: 1,
  flashAttention: false,
  kvType: 'f16' as const,
};

async function rowOf(model: RemoteModel, text: string): Promise<SparseRow> {
  using context = await model.createContext(contextOptions);
  using sequence = context.createSequence();
  const [result] = await context.extend([{ sequence, tokens: bytesOf(text), rows: 'last' }]);
  return result!.rows[0] as SparseRow;
}

function logprobsOf(text: string): number[] {
  const row = Array.from(logits(bytesOf(text)));
  const logZ = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
  return row.map((x) => x - logZ);
}

describe.each(['vllm', 'llama-server', 'openai'] as const)('a model behind a %s', (kind) => {
  it('tells the best tokens of every text, several texts in one request', async () => {
    const server = await serve({ kind });
    const model = await connect(server, { server: kind, maxLogprobs: 7 });
    using context = await model.createContext(contextOptions);
    using sequence = context.createSequence();
    const before = server.asked.length;
    const extension = { sequence, tokens: bytesOf('abc'), rows: 'all' as const };
    const [result] = await context.extend([extension]);
    expect(server.asked.slice(before)).toEqual([
      ['a', 'ab', 'abc'].map((text) => [...bytesOf(text)]),
    ]);
    for (const [i, row] of (result!.rows as SparseRow[]).entries()) {
      const whole = logprobsOf('abc'.slice(0, i + 1));
      const told = [...row.tokenIds].map((id, at) => row.logprobs[at]! - whole[id]!);
      expect(Math.max(...told.map(Math.abs))).toBeLessThan(1e-5);
      const others = whole.filter((_, id) => !row.tokenIds.includes(id));
      expect(Math.max(...others)).toBeLessThanOrEqual(row.restLogprob + 1e-6);
      const mass = others.reduce((sum, logprob) => sum + Math.exp(logprob), 0);
      expect(row.restMass).toBeGreaterThanOrEqual(mass);
      expect(row.restMass).toBeLessThan(mass + 1e-4);
    }
  });

  it('counts what it asked, and is asked for nothing where no row is wanted', async () => {
    const server = await serve({ kind });
    const model = await connect(server, { server: kind });
    using context = await model.createContext(contextOptions);
    using sequence = context.createSequence();
    const before = model.usage;
    await context.extend([{ sequence, tokens: bytesOf('abc'), rows: 'none' }]);
    expect(model.usage).toEqual(before);
    await context.extend([{ sequence, tokens: bytesOf('d'), rows: 'last' }]);
    const { requests, rows, bytesReceived } = model.usage;
    expect(requests - before.requests).toBe(1);
    expect(rows - before.rows).toBe(1);
    expect(bytesReceived).toBeGreaterThan(before.bytesReceived);
  });

  it('tells how many log-probs of a position it asks for, and how often that changed', async () => {
    const model = await connect(await serve({ kind }), { server: kind, maxLogprobs: 64 });
    expect(model.usage).toMatchObject({ asking: 20, askingChanges: 0 });
    using context = await model.createContext(contextOptions);
    const row = await rowOf(model, 'ab');
    await context.extendRow(bytesOf('ab'), row, []);
    expect(model.usage).toMatchObject({ extended: 1, asking: 40, askingChanges: 1 });
  });

  it.each([{ status: 503 }, { status: 429, headers: { 'retry-after': '0' } }, 'drop'] as const)(
    'is asked again after %j',
    async (fault) => {
      const server = await serve({ kind });
      const model = await connect(server, { server: kind });
      const expected = await rowOf(model, 'xy');
      server.failNext(fault, fault);
      expect(await rowOf(model, 'xy')).toEqual(expected);
      expect(model.usage.retries).toBe(2);
    },
  );

  it.each([
    ['nan', 'corrupt', /no JSON/],
    ['logits', 'corrupt', /above 0/],
    ['no-json', 'corrupt', /no JSON/],
    ['flood', 'corrupt', /more than \d+ bytes/],
  ] as const)('refuses an answer that is spoiled: %s', async (fault, reason, message) => {
    const server = await serve({ kind });
    const model = await connect(server, { server: kind, maxLogprobs: 5 });
    server.failNext(fault);
    const error: unknown = await rowOf(model, 'xy').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RemoteModelError);
    expect(error).toMatchObject({ reason, message: expect.stringMatching(message) as string });
    expect((await rowOf(model, 'xy')).tokenIds.length).toBeGreaterThan(0); // the next one succeeds
  });

  it('gives up one that does not answer', async () => {
    const server = await serve({ kind });
    const model = await connect(server, { server: kind, timeoutMs: 150 });
    server.failNext('hang', 'hang', 'hang', 'hang');
    await expect(rowOf(model, 'xy')).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('knows when another model answers after the connection was lost', async () => {
    const server = await serve({ kind });
    const model = await connect(server, { server: kind });
    server.change(chaoticLogits(vocabulary, { salt: 77 }));
    server.failNext('drop');
    await expect(rowOf(model, 'xy')).rejects.toMatchObject({ reason: 'changed' });
    server.change(logits);
    await expect(rowOf(model, 'xy')).resolves.toBeDefined();
  });
});

it.each(['vllm', 'llama-server'] as const)(
  'a %s that tells fewer tokens than it was asked for is refused',
  async (kind) => {
    const server = await serve({ kind });
    const model = await connect(server, { server: kind, maxLogprobs: 5 });
    server.failNext('fewer');
    await expect(rowOf(model, 'xy')).rejects.toThrow(/tells 4 log-probs of a position where 5/);
  },
);

it('a llama-server that tells a token twice is refused', async () => {
  const server = await serve({ kind: 'llama-server' });
  const model = await connect(server, { server: 'llama-server' });
  server.failNext('twice');
  await expect(rowOf(model, 'xy')).rejects.toThrow(/twice/);
});

describe('a server is asked first what it gives', () => {
  it('as many log-probs as it tells at most, fewer where it refuses', async () => {
    const server = await serve({ maxLogprobs: 20 });
    expect((await connect(server)).mostLogprobs).toBe(20);
    expect((await connect(server, { maxLogprobs: 3 })).mostLogprobs).toBe(3);
  });

  it('all of a vocabulary that is padded, whose other tokens nobody here has', async () => {
    const server = await serve({ kind: 'llama-server', padding: 6 });
    const model = await connect(server, { server: 'llama-server' });
    expect(model.mostLogprobs).toBe(vocabulary.size + 6);
    const row = await rowOf(model, 'xy');
    expect(row.tokenIds.every((id) => id < vocabulary.size)).toBe(true);
  });

  it('whether its tokens are those of the local model', async () => {
    const other = pieceVocabulary(Array.from('abcdefghij', (letter) => Buffer.from(letter)));
    const server = await serve({ vocabulary: other, logits: () => new Float32Array(other.size) });
    await expect(connect(server)).rejects.toThrow(VocabularyMismatchError);
    const silent = await serve({ tellsTokens: false });
    expect((await connect(silent)).warnings).toEqual([
      expect.stringContaining('could not be checked'),
    ]);
  });

  it('whether it cuts tokens off before it tells', async () => {
    const server = await serve();
    server.failNext('cut');
    await expect(connect(server)).rejects.toThrow(/cuts them off/);
  });

  it('whether it has the model', async () => {
    const server = await serve();
    await expect(connect(server, { model: 'other' })).rejects.toThrow(
      /has no model other .*it has base/,
    );
  });
});

describe('the key of a server', () => {
  it('is read from its variable, and shown to that server alone', async () => {
    const server = await serve({ key: 'sesame-street' });
    const environment = { BASE_KEY: 'sesame-street' };
    await connect(server, { keyEnv: 'BASE_KEY' }, { environment });
    await expect(connect(server)).rejects.toMatchObject({ reason: 'forbidden' });
    await expect(connect(server, { keyEnv: 'BASE_KEY' }, { environment: {} })).rejects.toThrow(
      InvalidOptionError,
    );
  });

  it('is in no message, also where the server repeats it', async () => {
    const server = await serve({ key: 'right' });
    const environment = { BASE_KEY: 'sesame-street' };
    const error: unknown = await connect(server, { keyEnv: 'BASE_KEY' }, { environment }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(RemoteModelError);
    expect(JSON.stringify([String(error), error, (error as Error).stack])).not.toContain('sesame');
  });

  it('is not shown where a server sends the request on', async () => {
    const other = await serve();
    const server = await serve({ key: 'k' });
    const environment = { BASE_KEY: 'k' };
    const model = await connect(server, { keyEnv: 'BASE_KEY' }, { environment });
    const before = other.heard.length;
    server.failNext({ status: 307, headers: { location: `${other.url}/v1/completions` } });
    await expect(rowOf(model, 'xy')).rejects.toThrow(/not followed/);
    expect(other.heard).toHaveLength(before);
  });
});

describe('more of a row', () => {
  it('is asked by ids where the server takes them, else by a longer list of the best', async () => {
    for (const [kind, isPrivate] of [
      ['vllm', false],
      ['vllm', true],
      ['llama-server', false],
    ] as const) {
      const maxLogprobs = kind === 'vllm' && !isPrivate ? 20 : 1000;
      const server = await serve({ kind, maxLogprobs });
      const model = await connect(server, { server: kind, isPrivate });
      using context = await model.createContext(contextOptions);
      const row = await rowOf(model, 'xy');
      const whole = logprobsOf('xy');
      const wanted = whole
        .map((_, id) => id)
        .filter((id) => !row.tokenIds.includes(id))
        .slice(0, 3);
      let longer: SparseRow | null = row;
      while (longer !== null && !wanted.every((id) => longer!.tokenIds.includes(id))) {
        longer = await context.extendRow(bytesOf('xy'), longer, wanted);
      }
      for (const id of wanted) {
        expect(longer!.logprobs[longer!.tokenIds.indexOf(id)]).toBeCloseTo(whole[id]!, 4);
      }
      const byIds = server.heard.filter(({ body }) => 'logprob_token_ids' in body);
      expect(byIds).toHaveLength(kind === 'vllm' && !isPrivate ? 1 : 0);
    }
  });

  it('is not to be had beyond what the server tells at most', async () => {
    const server = await serve({ kind: 'openai', maxLogprobs: 5 });
    const model = await connect(server, { server: 'openai' });
    using context = await model.createContext(contextOptions);
    expect(await context.extendRow(bytesOf('xy'), await rowOf(model, 'xy'), [1])).toBeNull();
  });
});

it('asks no more at once than it may, and ends what is not wanted any more', async () => {
  let open = 0;
  let most = 0;
  const server = await serve({
    logits: async (tokens) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      open--;
      return logits(tokens);
    },
  });
  const model = await connect(server, { maxRequests: 2 });
  await Promise.all(Array.from({ length: 8 }, (_, i) => rowOf(model, `text ${i}`)));
  expect(most).toBe(2);
  using context = await model.createContext(contextOptions);
  using sequence = context.createSequence();
  const leaving = new AbortController();
  const asked = context.extend([{ sequence, tokens: bytesOf('xy'), rows: 'last' }], leaving.signal);
  leaving.abort(new Error('left'));
  await expect(asked).rejects.toThrow('left');
  expect(sequence.length).toBe(0);
});
