import { once } from 'node:events';
import { connect } from 'node:net';

/** Whom a client abuses, as whom, and until when. */
export interface Target {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly signal: AbortSignal;
}

/** A bad thing that a client does, over and over. */
export interface Abuse {
  readonly name: string;
  /** Ends with the signal. */
  run(target: Target): Promise<void>;
}

const chats = '/v1/chat/completions';
const completions = '/v1/completions';
const hello = { messages: [{ role: 'user', content: 'Hello' }] };

export const abuses: readonly Abuse[] = [
  { name: 'never reads four streams', run: (target) => leaveUnread(target, 4) },
  posting('asks for 24 long answers', chats, () => ({
    ...hello,
    n: 24,
    max_tokens: 400,
    logit_bias: { 0: -100 },
  })),
  posting('asks for 8 long answers at a time', chats, () => long, 8),
  posting('spells 100,000 special tokens', completions, () => ({
    prompt: '<|user|>'.repeat(100_000),
  })),
  posting('tokenizes 100,000 special tokens', '/tokenize', () => ({
    content: '<|user|>'.repeat(100_000),
    parse_special: true,
  })),
  posting('sends 16,000 messages of a letter', chats, () => ({
    messages: Array.from({ length: 16_000 }, () => ({ role: 'user', content: 'a' })),
  })),
  posting('sends 7 MiB of text', completions, () => ({ prompt: 'a '.repeat(3_670_016) })),
  posting('biases 600,000 tokens', chats, () => ({ ...hello, logit_bias: manyBiases })),
  posting('nests 3,000,000 arrays', chats, () => nested),
  posting('has large constraints compiled', chats, (i) => ({
    ...hello,
    max_tokens: 5,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'large', schema: optionalStrings(i) },
    },
  })),
  posting('has an ambiguous grammar', chats, () => ({
    ...hello,
    max_tokens: 80,
    grammar: ambiguous,
  })),
  posting('sends ever new schemas', chats, (i) => ({
    ...hello,
    max_tokens: 5,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'new', schema: { type: 'object', properties: { [`p${i}`]: {} } } },
    },
  })),
  { name: 'opens 200 connections that say nothing', run: openConnections },
];

const long = { ...hello, max_tokens: 400, logit_bias: { 0: -100 } };
const manyBiases = Object.fromEntries(Array.from({ length: 600_000 }, (_, i) => [i, 1]));
const nested = '['.repeat(3_000_000);
const ambiguous = [
  'root ::= e0',
  ...Array.from({ length: 100 }, (_, i) => `e${i} ::= e${i + 1} e${i + 1}`),
  'e100 ::= "a" | ""',
].join('\n');

function optionalStrings(round: number): object {
  const names = Array.from({ length: 10 }, (_, i) => `r${round}_${i}`);
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string', maxLength: 500 }])),
    additionalProperties: false,
  };
}

/** Posts bodies as fast as they are answered, `parallel` at a time. */
function posting(
  name: string,
  route: string,
  body: (round: number) => object | string,
  parallel = 1,
): Abuse {
  let round = 0;
  const toText = (model: string): string => {
    const given = body(round++);
    return typeof given === 'string' ? given : JSON.stringify({ model, ...given });
  };
  const post = async ({ url, key, model, signal }: Target): Promise<void> => {
    // Made once where it is always the same: the client is in the server's process.
    const fixed = body.length === 0 ? Buffer.from(toText(model)) : undefined;
    while (!signal.aborted) {
      const response = await fetch(url + route, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: fixed ?? toText(model),
        signal,
      }).catch(() => undefined);
      await response?.arrayBuffer().catch(() => {});
    }
  };
  return {
    name,
    run: async (target) => {
      await Promise.all(Array.from({ length: parallel }, () => post(target)));
    },
  };
}

async function leaveUnread(target: Target, streams: number): Promise<void> {
  const body = JSON.stringify({
    ...long,
    model: target.model,
    n: 4,
    stream: true,
    logprobs: true,
    top_logprobs: 20,
    trimtab: { trace: true },
  });
  const head = [
    `POST ${chats} HTTP/1.1`,
    'host: localhost',
    'content-type: application/json',
    `authorization: Bearer ${target.key}`,
    `content-length: ${body.length}`,
  ];
  await holdSockets(target, streams, `${head.join('\r\n')}\r\n\r\n${body}`);
}

async function openConnections(target: Target): Promise<void> {
  await holdSockets(target, 200, 'GET /health HTTP/1.1\r\n');
}

/** Sends the same over many connections, and reads nothing until the end. */
async function holdSockets({ url, signal }: Target, count: number, text: string): Promise<void> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write(text);
    return socket;
  });
  if (!signal.aborted) await once(signal, 'abort');
  for (const socket of sockets) socket.destroy();
}
