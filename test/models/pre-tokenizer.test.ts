import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { string } from '../../src/gguf/index.ts';
import { createLocalService } from '../../src/service/index.ts';
import { loadModel } from '../../src/llama/index.ts';
import { longestRun } from '../../src/llama/pre-tokenizer.ts';
import { temporaryFolder, writeTinyModel } from '../support/random-models.ts';
import { listen } from '../support/server/serve.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Models that differ in the pre-tokenizer alone. */
function writeModel(pre: string): Promise<string> {
  return writeTinyModel(folder.path, pre, {
    blockCount: 1,
    contextLength: 65_536,
    metadata: [['tokenizer.ggml.pre', string(pre)]],
  });
}

const asText = { addSpecial: false, parseSpecial: false };
const whole = { ...asText, most: Infinity };
const refused = { code: 'invalid_option', message: expect.stringContaining('at offset 0 ("') };
const units = ['a', 'A', 'aA', 'é', '中', '7', ' ', '\n', '!', '/\n', 'e\u0301', '\u{1F600}'];

describe.each(['tekken', 'gpt-4o', 'deepseek-llm', 'deepseek-coder', 'exaone-moe', 'bloom'])(
  'texts for the pre-tokenizer %s, which calls itself for each character',
  (pre) => {
    it('are tokenised up to the longest run, and refused above it, on either stack', async () => {
      using model = await loadModel(await writeModel(pre), { vocabularyOnly: true });
      const { vocabulary } = model;
      for (const unit of units) {
        const longest = unit.repeat(Math.floor(longestRun / unit.length));
        const tokens = vocabulary.tokenize(longest, asText);
        const spelled = Buffer.concat(tokens.map((tokenId) => vocabulary.piece(tokenId)));
        expect({ unit, same: spelled.equals(Buffer.from(longest)) }).toEqual({ unit, same: true });
        // Longer than a run, so that it goes to the other thread.
        const beside = longest.slice(16) + ' a7!\n'.repeat(8);
        const there = await vocabulary.tokenizeLong(beside, whole);
        const same = there.join() === vocabulary.tokenize(beside, asText).join();
        expect({ unit, same }).toEqual({ unit, same: true });
      }
      const above = 'a'.repeat(longestRun + 1);
      expect(() => vocabulary.tokenize(above, asText)).toThrow(expect.objectContaining(refused));
      await expect(vocabulary.tokenizeLong(above, whole)).rejects.toMatchObject(refused);
    });
  },
);

it.each(['gpt-2', 'llama-bpe', 'qwen2', 'smollm', 'kimi-k2'])(
  'the pre-tokenizer %s, which calls itself for none, takes runs of any length',
  async (pre) => {
    using model = await loadModel(await writeModel(pre), { vocabularyOnly: true });
    for (const unit of ['a', '7', '!']) {
      const run = unit.repeat(100_000);
      const here = model.vocabulary.tokenize(run, asText);
      const beside = await model.vocabulary.tokenizeLong(run, whole);
      expect({ unit, same: beside.join() === here.join() }).toEqual({ unit, same: true });
    }
  },
);

it('a request with a longer run is a 400, and the next one is answered', async () => {
  const file = await writeModel('tekken');
  const recipe = path.join(folder.path, 'tekken.yaml');
  await writeFile(
    recipe,
    `name: tekken\nmodels:\n  a: { file: ${file}, prompt: { template: '{{ messages[0].content }}' } }\nbase: a\nengine: { contextLength: 32768 }\n`,
  );
  await using service = await createLocalService({ recipes: [recipe] });
  await using server = await listen({ service });
  const run = 'a'.repeat(60_000);
  const model = 'tekken';
  const ask = (content: string): [string, object][] => [
    ['/tokenize', { model, content }],
    ['/v1/completions', { model, prompt: content, max_tokens: 1 }],
    ['/v1/completions', { model, prompt: content, max_tokens: 0, echo: true, logprobs: 1 }],
    [
      '/v1/chat/completions',
      { model, messages: [{ role: 'user', content: `Say ${content}` }], max_tokens: 1 },
    ],
  ];
  for (const [route, body] of ask(run)) {
    const { status, json } = await server.post(route, body);
    expect([route, status, json.error?.code]).toEqual([route, 400, 'invalid_option']);
    expect(json.error.message).toMatch(/60000 characters of one kind in a row at offset [04] \("a/);
  }
  for (const [route, body] of ask('a word')) {
    expect((await server.post(route, body)).status).toBe(200);
  }
});
