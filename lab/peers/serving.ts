// The same streams from either server.
import { createServer } from 'node:net';
import path from 'node:path';

import { EventSourceParserStream } from 'eventsource-parser/stream';

import { builtFile } from '../../test/support/built.ts';
import { mannerFlags, toArgs, type Manner, type ProgramsFolder, type Speeds } from './llama-cpp.ts';
import { startServer, type RunningServer } from './processes.ts';

const lanes = 4;
const contextLength = 1024;

export interface ServedLoad {
  readonly words: number;
  readonly tokens: number;
  readonly streams: number;
}

export async function serveTheirs(
  folder: ProgramsFolder,
  file: string,
  manner: Manner,
  threads: number,
): Promise<RunningServer> {
  const port = await freePort();
  return startServer(
    path.join(folder, 'llama-server'),
    [
      ...toArgs({ '-m': file, '-t': threads, '-np': lanes, '-c': lanes * contextLength }),
      ...toArgs({ '--host': '127.0.0.1', '--port': port }),
      ...mannerFlags[manner],
    ],
    port,
  );
}

/** @param recipe - A model file, or a recipe. */
export async function serveOurs(recipe: string, threads: number): Promise<RunningServer> {
  const port = await freePort();
  return startServer(
    process.execPath,
    [
      builtFile('cli/main.js'),
      'serve',
      recipe,
      ...toArgs({ '--port': port, '--threads': threads, '--parallel': lanes }),
      ...toArgs({ '--context': contextLength, '--log-level': 'error' }),
      '--no-profiles',
      '--quiet',
    ],
    port,
  );
}

let asked = 0;

/**
 * Tokens per second of greedy answers that go on until they have their tokens; words of the prompt per second
 * until the first of them.
 */
export async function servedSpeeds(
  { url }: RunningServer,
  { words, tokens, streams }: ServedLoad,
): Promise<Speeds> {
  const began = performance.now();
  const times = await Promise.all(
    Array.from({ length: streams }, () => timesOf(url, newPrompt(words), tokens)),
  );
  const first = Math.max(...times.map((each) => each.first));
  const last = Math.max(...times.map((each) => each.last));
  return {
    prompt: (words * streams * 1000) / (first - began),
    decode: ((tokens - 1) * streams * 1000) / (last - first),
  };
}

async function timesOf(url: string, prompt: string, tokens: number) {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      prompt,
      stream: true,
      temperature: 0,
      max_tokens: tokens,
      ...(await longAnswer(url, tokens)),
      trimtab: { speculation: 'off' }, // llama-server reads no such field
    }),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const events = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  let first = 0;
  let last = 0;
  for await (const { data } of events) {
    if (data === '[DONE]') continue;
    const { choices } = JSON.parse(data) as { choices: readonly { text: string }[] };
    if (choices[0] === undefined || choices[0].text === '') continue;
    last = performance.now();
    if (first === 0) first = last;
  }
  return { first, last };
}

const longAnswers = new Map<string, object>();

/** How a server is told to go on until all tokens are there; and Trimtab's, which model. */
async function longAnswer(url: string, tokens: number): Promise<object> {
  const known = longAnswers.get(url);
  if (known !== undefined) return known;
  const models = (await (await fetch(`${url}/v1/models`)).json()) as {
    readonly data: readonly { readonly id: string; readonly owned_by: string }[];
  };
  const { id, owned_by: owner } = models.data[0]!;
  const answer = owner === 'llamacpp' ? { ignore_eos: true } : { model: id, min_tokens: tokens };
  longAnswers.set(url, answer);
  return answer;
}

/** Another one each time, from its first word on. */
function newPrompt(words: number): string {
  asked++;
  const names = ['ship', 'captain', 'river', 'letter', 'garden', 'winter', 'bridge', 'market'];
  return Array.from(
    { length: words },
    (_, i) => `${names[(asked * 5 + i * (1 + (asked % 3))) % names.length]}${i === 0 ? asked : ''}`,
  ).join(' ');
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
