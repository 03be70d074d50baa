import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LoadedRecipe, resolveRecipe, type RecipeDocument } from '../../src/index.ts';
import type { GenerateOptions, GenerationResult } from '../../src/spec/index.ts';
import { modelsFolder, readQuestions } from '../support/atlas-questions.ts';

/** llama.cpp's own server; CI has none. */
const program = process.env['TRIMTAB_LLAMA_SERVER'] ?? '';
if (program === '') {
  console.log(
    "Skipped: a base on a real llama-server: name llama.cpp's program in TRIMTAB_LLAMA_SERVER.",
  );
}

const questions = (await readQuestions('heldout')).slice(0, 12).map(({ question }) => question);

function recipeOf(
  large: RecipeDocument['models'][string],
  speculation: RecipeDocument['speculation'] = 'off',
) {
  const document: RecipeDocument = {
    name: 'atlas',
    models: { large, chat: 'atlas-small-chat.gguf', small: 'atlas-small.gguf' },
    base: 'large',
    expert: 'chat',
    antiExpert: 'small',
    engine: { contextLength: 256, threads: 1 },
    speculation,
  };
  return resolveRecipe(document, { directory: modelsFolder });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function startLlamaServer(model: string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const words = `--host 127.0.0.1 --port ${port} -t 1 -np 4 -c 1024 -fa off`.split(' ');
  const child = spawn(program, ['-m', model, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2000)));
  const ended = once(child, 'close');
  const isReady = async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok === true;
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`llama-server did not start:\n${said}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}

const samplings: Readonly<Record<string, GenerateOptions>> = {
  greedy: { temperature: 0 },
  'by a seed': { temperature: 1, seed: 5 },
  'in a nucleus': { temperature: 1, topP: 0.9, seed: 6 },
};

/** Where two answers part, in nats: how much likelier the one token is than the other; 0 where they do not. */
function parting(a: GenerationResult, b: GenerationResult): number {
  const at = a.tokens.findIndex(({ tokenId }, i) => tokenId !== b.tokens[i]?.tokenId);
  if (at === -1) return a.tokens.length === b.tokens.length ? 0 : Infinity;
  const [first, second] = a.tokens[at]!.topLogprobs!;
  return first!.logprob - second!.logprob;
}

describe.skipIf(program === '')('the atlas with its base on a real llama-server', () => {
  let here: LoadedRecipe;
  let server: Awaited<ReturnType<typeof startLlamaServer>>;
  beforeAll(async () => {
    server = await startLlamaServer(path.join(modelsFolder, 'atlas-large.gguf'));
    here = await LoadedRecipe.load(recipeOf('atlas-large.gguf'));
  });
  afterAll(async () => {
    await here[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const there = (speculation?: RecipeDocument['speculation']) =>
    LoadedRecipe.load(recipeOf({ server: server.url, kind: 'llama-server' }, speculation));

  it.each(Object.entries(samplings))('answers as in this process, %s', async (name, sampling) => {
    await using recipe = await there();
    const asked = { ...sampling, maxTokens: 24 };
    const [before, began] = [recipe.stats.remote!, performance.now()];
    const answers: GenerationResult[] = [];
    for (const question of questions) answers.push(await recipe.generate(question, asked));
    const seconds = (performance.now() - began) / 1000;
    const after = recipe.stats.remote!;
    const tokens = answers.reduce((sum, answer) => sum + answer.tokens.length, 0);
    let exact = 0;
    let others = 0;
    const gaps: number[] = [];
    for (const [i, question] of questions.entries()) {
      const expected = await here.generate(question, { ...asked, topLogprobs: 2 });
      if (answers[i]!.certificate!.exact) exact++;
      if (answers[i]!.text !== expected.text) others++;
      // Kernels of another build round otherwise: greedy answers part at ties alone.
      gaps.push(parting(expected, answers[i]!));
    }
    const each = (count: number) => (count / tokens).toFixed(2);
    const bytes = after.bytesReceived + after.bytesSent - before.bytesReceived - before.bytesSent;
    console.log(
      `${name}: ${questions.length} answers, ${exact} certified exact, ${others} other answers, ${tokens} tokens, ` +
        `${each(after.requests - before.requests)} requests, ${each(after.logprobs - before.logprobs)} log-probs and ` +
        `${each(bytes)} bytes a token, ${(tokens / seconds).toFixed(1)} tokens per second`,
    );
    expect(exact).toBe(questions.length);
    expect(sampling.temperature === 0 ? Math.max(...gaps) : 0).toBeLessThan(0.02);
    expect(others).toBeLessThanOrEqual(1);
  });

  it('takes several tokens a request where its expert drafts, and the same', async () => {
    await using recipe = await there('chat:length=6');
    const before = recipe.stats.remote!.requests;
    let tokens = 0;
    for (const question of questions) {
      const asked = { temperature: 0, maxTokens: 24 };
      const answer = await recipe.generate(question, asked);
      const expected = await here.generate(question, { ...asked, topLogprobs: 2 });
      expect(parting(expected, answer)).toBeLessThan(0.02);
      tokens += answer.tokens.length;
    }
    const requests = recipe.stats.remote!.requests - before;
    console.log(`drafted: ${(requests / tokens).toFixed(2)} requests a token`);
    expect(tokens / requests).toBeGreaterThan(1);
  });
});
