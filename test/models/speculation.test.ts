import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LoadedRecipe, resolveRecipe, type RecipeDocument } from '../../src/index.ts';
import type { GenerateOptions, GenerationResult } from '../../src/spec/index.ts';
import { modelsFolder, readQuestions, type Question } from '../support/atlas-questions.ts';
import { runs } from '../support/runs.ts';

// On real files whose rows are the same bits in passes of one position and of several: Q8_0 on the CPU.

function atlas(more: Partial<RecipeDocument> = {}): Promise<LoadedRecipe> {
  const recipe = resolveRecipe(
    {
      name: 'atlas',
      models: {
        large: 'atlas-large.gguf',
        chat: 'atlas-small-chat.gguf',
        small: 'atlas-small.gguf',
      },
      base: 'large',
      expert: 'chat',
      antiExpert: 'small',
      engine: { maxSequences: 4, contextLength: 512 },
      ...more,
    },
    { directory: modelsFolder },
  );
  return LoadedRecipe.load(recipe);
}

const idsOf = ({ tokens }: GenerationResult) => tokens.map(({ tokenId }) => tokenId);
const passesOf = ({ usage }: GenerationResult, model: string) => usage.models[model]!.forwards;

const schema = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 12 }, born: { type: 'integer' } },
  required: ['name', 'born'],
  additionalProperties: false,
} as const;

let trimtab: LoadedRecipe;
let questions: readonly Question[];
beforeAll(async () => {
  questions = await readQuestions('heldout');
  trimtab = await atlas();
});
afterAll(() => trimtab[Symbol.asyncDispose]());

describe('drafts over Atlas', () => {
  const drafters = ['auto', 'copies', 'large:length=4', 'chat:length=4', 'small:length=2'];

  it('change no token of any seed, alone and in a crowd, streamed and not', async () => {
    const prompts = questions.slice(0, runs(6)).map(({ question }) => question);
    for (const [i, prompt] of prompts.entries()) {
      for (const sampling of [
        { temperature: 0 },
        { temperature: 1 },
        { temperature: 0.8, topP: 0.9 },
      ]) {
        const asked: GenerateOptions = {
          ...sampling,
          seed: 7 * i + 1,
          maxTokens: 40,
          ...(i % 3 === 2 && { constraint: { jsonSchema: schema } }),
        };
        const off = await trimtab.generate(prompt, { ...asked, speculation: 'off' });
        const crowd = await Promise.all(
          drafters.map((speculation) => trimtab.generate(prompt, { ...asked, speculation })),
        );
        for (const answer of crowd) expect(idsOf(answer)).toEqual(idsOf(off));
        let text = '';
        const stream = trimtab.stream(prompt, { ...asked, speculation: 'chat:length=4' });
        for await (const chunk of stream) text += chunk.text;
        expect(text).toBe(off.text);
      }
    }
  });

  it('take fewer passes of the base where the expert drafts', async () => {
    let tokens = 0;
    let passes = 0;
    for (const { question } of questions.slice(0, 6)) {
      const asked = { temperature: 0, maxTokens: 40, speculation: 'expert:length=4' };
      const answer = await trimtab.generate(question, asked);
      tokens += answer.tokens.length;
      passes += passesOf(answer, 'large');
    }
    expect(passes / tokens).toBeLessThan(0.6);
  });
});

it('files that round otherwise in passes of several positions are exact where batches are invariant', async () => {
  await using invariant = await atlas({ engine: { batchInvariant: true, contextLength: 512 } });
  const asked = { temperature: 1, seed: 5, maxTokens: 40 };
  const off = await invariant.generate('Where was Mada Norrar born?', {
    ...asked,
    speculation: 'off',
  });
  for (const speculation of ['chat:length=3', 'large:length=4']) {
    const answer = await invariant.generate('Where was Mada Norrar born?', {
      ...asked,
      speculation,
    });
    expect(idsOf(answer)).toEqual(idsOf(off));
  }
});
