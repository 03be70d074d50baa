import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LoadedRecipe, resolveRecipe, type RecipeDocument } from '../../src/index.ts';
import { loadModel, type LlamaModel } from '../../src/llama/index.ts';
import type { GenerateOptions, ServerKind, TokenId } from '../../src/spec/index.ts';
import { modelsFolder, readQuestions } from '../support/atlas-questions.ts';
import { startBaseServer, type BaseServer } from '../support/base-server.ts';

const questions = (await readQuestions('validation')).slice(0, 6).map(({ question }) => question);

function recipeOf(large: RecipeDocument['models'][string], more: Partial<RecipeDocument> = {}) {
  const document: RecipeDocument = {
    name: 'atlas',
    models: { large, chat: 'atlas-small-chat.gguf', small: 'atlas-small.gguf' },
    base: 'large',
    expert: 'chat',
    antiExpert: 'small',
    // Rows have the same bits however they are batched: what differs is what HTTP makes of them.
    engine: { batchInvariant: true, contextLength: 256 },
    speculation: 'off',
    ...more,
  };
  return resolveRecipe(document, { directory: modelsFolder });
}

let model: LlamaModel;
let here: LoadedRecipe;
const servers: BaseServer[] = [];

beforeAll(async () => {
  model = await loadModel(path.join(modelsFolder, 'atlas-large.gguf'));
  here = await LoadedRecipe.load(recipeOf('atlas-large.gguf'));
});

afterAll(async () => {
  await here[Symbol.asyncDispose]();
  for (const server of servers) await server[Symbol.asyncDispose]();
  model[Symbol.dispose]();
});

/** Logits of the real base, one text after the other. */
function logitsOf(): (tokens: readonly TokenId[]) => Promise<Float32Array> {
  const contextPromise = model.createContext({
    contextLength: 256,
    maxSequences: 4,
    batchSize: 256,
    maxRows: 16,
    threads: 1,
    flashAttention: false,
    kvType: 'f16',
    batchInvariant: true,
  });
  let last: Promise<unknown> = Promise.resolve();
  return (tokens) => {
    const row = last.then(async () => {
      const context = await contextPromise;
      using sequence = context.createSequence();
      const [result] = await context.extend([{ sequence, tokens, rows: 'last' }]);
      return Float32Array.from(result!.rows[0]!);
    });
    last = row;
    return row;
  };
}

async function there(kind: ServerKind, more: Partial<RecipeDocument> = {}): Promise<LoadedRecipe> {
  const server = await startBaseServer({ kind, vocabulary: model.vocabulary, logits: logitsOf() });
  servers.push(server);
  return LoadedRecipe.load(recipeOf({ server: server.url, kind }, more));
}

const samplings: Readonly<Record<string, GenerateOptions>> = {
  greedy: { temperature: 0 },
  'by a seed': { temperature: 1, seed: 5 },
  'in a nucleus': { temperature: 1, topP: 0.9, seed: 6 },
};

describe.each(['vllm', 'llama-server'] as const)('the atlas with its base behind %s', (kind) => {
  it.each(Object.entries(samplings))(
    'answers token for token as in this process, %s',
    async (_, sampling) => {
      await using recipe = await there(kind);
      const asked = { ...sampling, maxTokens: 16 };
      let tokens = 0;
      const before = recipe.stats.remote!.requests;
      for (const question of questions) {
        const expected = await here.generate(question, asked);
        const answer = await recipe.generate(question, asked);
        expect(answer.text).toBe(expected.text);
        expect(answer.certificate!.exact).toBe(true);
        tokens += answer.tokens.length;
      }
      expect((recipe.stats.remote!.requests - before) / tokens).toBeLessThan(2);
    },
  );

  it('takes more than a token a request where its expert drafts', async () => {
    await using recipe = await there(kind, { speculation: 'chat:length=6' });
    let tokens = 0;
    const before = recipe.stats.remote!.requests;
    for (const question of questions) {
      const asked = { temperature: 0, maxTokens: 24 };
      const answer = await recipe.generate(question, asked);
      expect(answer.text).toBe((await here.generate(question, asked)).text);
      tokens += answer.tokens.length;
    }
    expect(tokens / (recipe.stats.remote!.requests - before)).toBeGreaterThan(1);
  });
});
