import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { attributeValue, readAttributes, type Attribute } from '../support/atlas-attributes.ts';
import { createLocalService } from '../../src/service/index.ts';
import { loadRecipe } from '../../src/index.ts';
import type { InferenceService } from '../../src/spec/index.ts';
import { inMemory, interview, listenWithProfiles } from '../support/server/serve-profiles.ts';
import { listen, type Json, type TestServer } from '../support/server/serve.ts';

const file = path.join(import.meta.dirname, '../../recipes/atlas-profiles.yaml');
const recipes = [await loadRecipe(file)];
const [{ name: model, profile }] = recipes as [(typeof recipes)[number]];
const people = [
  'Where was Mada Norrar born?',
  'In which year was Elnin Oslack born?',
  'What was the trade of Silin Dunrast?',
  'Of what was Elno Kelvil a member?',
];

let service: InferenceService;
let server: TestServer;
let attributes: Readonly<Record<string, Attribute>>;

beforeAll(async () => {
  service = await createLocalService({ recipes });
  server = await listenWithProfiles({ service, recipes, openStore: inMemory, seed: 5 });
  attributes = await readAttributes();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

/** One who judges by the attributes' own rules, in standard deviations. */
function judge(taste: Readonly<Record<string, number>>) {
  const value = (text: string) =>
    profile!.attributes.reduce((sum, { name, normalization: { deviation } }) => {
      return sum + ((taste[name] ?? 0) * attributeValue(attributes[name]!, text)) / deviation;
    }, 0);
  return ({ first, second }: Json) => {
    const margin = value(first as string) - value(second as string);
    if (margin === 0) return 'tie';
    return margin > 0 ? 'first' : 'second';
  };
}

async function answersFor(id: string): Promise<string[]> {
  const answers = await Promise.all(
    people.map((content) =>
      server.post('/v1/chat/completions', {
        model,
        messages: [{ role: 'user', content }],
        max_tokens: 96,
        trimtab: { profile: id },
      }),
    ),
  );
  return answers.map(({ json }) => json.choices[0].message.content as string);
}

function meanOf(name: string, texts: readonly string[]): number {
  const sum = texts.reduce((total, text) => total + attributeValue(attributes[name]!, text), 0);
  return sum / texts.length;
}

describe('profiles of the embedded models over HTTP', () => {
  it('lead opposite users to opposite manners', async () => {
    const texts: string[][] = [];
    for (const [id, taste] of [
      ['glad', { cheerful: 2, formal: -2 }],
      ['grave', { cheerful: -2, formal: 2 }],
    ] as const) {
      await server.post('/v1/profiles', { id, recipe: model });
      const asked = await interview(server, judge(taste), id);
      expect(asked.length).toBeGreaterThanOrEqual(5);
      texts.push(await answersFor(id));
    }
    const [glad, grave] = texts;
    expect(meanOf('cheerful', glad!)).toBeGreaterThan(meanOf('cheerful', grave!) + 0.3);
    expect(meanOf('formal', grave!)).toBeGreaterThan(meanOf('formal', glad!) + 0.2);
    const view = (await server.get('/v1/profiles/glad')).json;
    const document = (await server.get('/v1/profiles/glad/export')).json;
    const copy = await server.post('/v1/profiles/import', { document, id: 'copy' });
    expect(copy.json).toMatchObject({ attributes: view.attributes, answers: view.answers });
    expect(await answersFor('copy')).toEqual(glad);
  });

  it.each([
    ['/v1/chat/completions', { messages: [{ role: 'user', content: people[0] }] }],
    ['/v1/completions', { prompt: 'Mada Norrar was born in' }],
  ])('change nothing of %s for nobody, nor for one who has said nothing', async (route, prompt) => {
    await using without = await listen({ service });
    await server.post('/v1/profiles', { id: 'new', recipe: model });
    const body = { model, ...prompt, max_tokens: 24, temperature: 1, seed: 3 };
    const told = { ...body, trimtab: { profile: 'new' } };
    const all = await Promise.all([
      without.post(route, body),
      server.post(route, body),
      server.post(route, told),
    ]);
    const [before, after, unknown] = all.map(({ json }) => {
      const { id: _, created: __, usage: ___, ...rest } = json;
      return rest as object;
    });
    expect(after).toEqual(before);
    expect(unknown).toEqual({ ...before, trimtab: { profile: { id: 'new' } } });
    await server.delete('/v1/profiles/new');
  });
});
