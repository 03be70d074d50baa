import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { attributeValue, readAttributes, type Attribute } from '../support/atlas-attributes.ts';
import { createLocalService } from '../../src/service/index.ts';
import { loadRecipe, type GenerateOptions, type InferenceService } from '../../src/index.ts';
import {
  createProfiles,
  withSteering,
  type ProfileQuestion,
  type Profiles,
} from '../../src/profiles/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';

const recipe = await loadRecipe(
  path.join(import.meta.dirname, '../../recipes/atlas-profiles.yaml'),
);
const owner = 'ann';
const questions = [
  'Where was Mada Norrar born?',
  'In which year was Elnin Oslack born?',
  'What was the trade of Silin Dunrast?',
  'Of what was Elno Kelvil a member?',
  'What did Rada Varrast make?',
];

let folder: string;
let service: InferenceService;
let attributes: Readonly<Record<string, Attribute>>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trimtab-profiles-'));
  service = await createLocalService({ recipes: [recipe] });
  attributes = await readAttributes();
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Profiles in a file, and what ends them as the end of a process does. */
async function open(file: string) {
  const store = await openSqliteStore({ file: path.join(folder, file), now: Date.now });
  const profiles = createProfiles({ service, store, recipes: [recipe], seed: 5 });
  const end = async () => {
    await profiles[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  return { profiles, [Symbol.asyncDispose]: end };
}

/** One who judges texts by the attributes' own rules, in standard deviations, and never errs. */
function judge(taste: Readonly<Record<string, number>>) {
  const value = (text: string) =>
    recipe.profile!.attributes.reduce((sum, { name, normalization }) => {
      const deviations = attributeValue(attributes[name]!, text) / normalization.deviation;
      return sum + (taste[name] ?? 0) * deviations;
    }, 0);
  return ({ first, second }: ProfileQuestion) => {
    const margin = value(first) - value(second);
    if (margin === 0) return 'tie';
    return margin > 0 ? 'first' : 'second';
  };
}

async function interview(profiles: Profiles, id: string, taste: Readonly<Record<string, number>>) {
  const choose = judge(taste);
  for (let count = 0; ; count++) {
    const question = await profiles.question(owner, id);
    if (question.kind === 'enough') return count;
    await profiles.answer(owner, id, { question: question.id, outcome: choose(question) });
  }
}

async function answersWith(options: GenerateOptions): Promise<string[]> {
  const { signal: _, owner: __, ...given } = { maxTokens: 96, ...options };
  const answers = questions.map(async (prompt) => {
    const request = { recipe: recipe.name, prompt, owner: 'reader', options: given };
    return (await service.stream(request).result).text;
  });
  return Promise.all(answers);
}

function meanOf(name: string, texts: readonly string[]): number {
  const sum = texts.reduce((total, text) => total + attributeValue(attributes[name]!, text), 0);
  return sum / texts.length;
}

describe('profiles of the embedded models', () => {
  it('make the same recipe answer opposite users in opposite manners', async () => {
    await using opened = await open('opposite.db');
    const { profiles } = opened;
    const texts: Record<string, string[]> = {};
    for (const [id, taste] of Object.entries({
      glad: { cheerful: 2, formal: -2 },
      grave: { cheerful: -2, formal: 2 },
      terse: { brief: 2, detailed: -2 },
      thorough: { brief: -2, detailed: 2 },
    })) {
      await profiles.create(owner, { id, recipe: recipe.name });
      const count = await interview(profiles, id, taste);
      expect(count).toBeGreaterThanOrEqual(5);
      expect(count).toBeLessThanOrEqual(20);
      texts[id] = await answersWith(withSteering({}, await profiles.steering(owner, id)));
    }
    const { glad, grave, terse, thorough } = texts;
    expect(meanOf('cheerful', glad!)).toBeGreaterThan(meanOf('cheerful', grave!) + 0.3);
    expect(meanOf('formal', grave!)).toBeGreaterThan(meanOf('formal', glad!) + 0.2);
    expect(meanOf('brief', terse!)).toBeGreaterThan(meanOf('brief', thorough!) + 0.2);
    expect(meanOf('detailed', thorough!)).toBeGreaterThan(meanOf('detailed', terse!) + 0.2);
  });

  it('leave the recipe as it is, bit for bit, where they know nothing', async () => {
    await using opened = await open('new.db');
    const { profiles } = opened;
    await profiles.create(owner, { id: 'new', recipe: recipe.name });
    const prompt = questions[0]!;
    const options: GenerateOptions = { temperature: 1, seed: 3, topLogprobs: 2, maxTokens: 24 };
    const steered = withSteering(options, await profiles.steering(owner, 'new'));
    const [plain, same] = await Promise.all(
      [options, steered].map(
        (each) =>
          service.stream({ recipe: recipe.name, prompt, owner: 'reader', options: each }).result,
      ),
    );
    expect(same!.tokens).toEqual(plain!.tokens);
    expect(same!.rewards).toBeUndefined();
  });

  it('are there after a restart, with every answer', async () => {
    const before = await (async () => {
      await using opened = await open('kept.db');
      const { profiles } = opened;
      await profiles.create(owner, { id: 'kept', recipe: recipe.name });
      await interview(profiles, 'kept', { cheerful: 2 });
      // Awaited here: what is returned may be read after the profiles are disposed of.
      return await profiles.get(owner, 'kept');
    })();
    await using opened = await open('kept.db');
    const { attributes: now, answers, text } = await opened.profiles.get(owner, 'kept');
    expect({ attributes: now, answers, text }).toEqual({
      attributes: before.attributes,
      answers: before.answers,
      text: before.text,
    });
  });
});
