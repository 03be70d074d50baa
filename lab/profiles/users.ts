// Simulated users who are asked which of two answers they like, and profiles that learn of it.
import { setImmediate } from 'node:timers/promises';

import type { InferenceService, Recipe, ServiceStream } from '../../src/index.ts';
import type { Candidate, PreferenceAnswer } from '../../src/preference/index.ts';
import { createProfiles, type Profiles, type Steering } from '../../src/profiles/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import {
  answerOf,
  createRandom,
  marginOf,
  type Lambda,
  type Random,
} from '../preferences/users.ts';
import { attributeValue, type Attribute } from '../../test/support/atlas-attributes.ts';

/** What a text is worth to a user. */
export interface Judge {
  /** Reads texts, before their features are asked for. */
  read(texts: readonly string[]): Promise<void>;
  /** True attributes in the basis' standard deviations, shape `[attributes]`. */
  features(text: string): number[];
}

/** By the attributes' own rules: no reward model takes part. */
export function createJudge(
  { profile }: Recipe,
  attributes: Readonly<Record<string, Attribute>>,
): Judge {
  const known = new Map<string, number[]>();
  const measure = (text: string) =>
    profile!.attributes.map(
      ({ name, normalization }) =>
        attributeValue(attributes[name]!, text) / normalization.deviation,
    );
  return {
    read: async () => {},
    features: (text) => {
      const features = known.get(text) ?? measure(text);
      known.set(text, features);
      return features;
    },
  };
}

/** A question that was answered, and what it was about. */
export interface AnsweredPair {
  readonly prompt: string;
  readonly first: string;
  readonly second: string;
  readonly outcome: PreferenceAnswer;
}

/** Steering by the name of the recipe whose strength and caution it has. */
type SteeringByRecipe = Readonly<Record<string, Steering>>;

export interface InterviewedUser {
  /** Log-odds of a choice for one more standard deviation of each attribute. */
  readonly lambda: Lambda;
  /** In order; the last one is where the profile asked no more. */
  readonly answered: readonly AnsweredPair[];
  /** What the profile asks for after 0, 1, … answers. */
  readonly steering: readonly SteeringByRecipe[];
  /** The means of the posterior then, shape `[attributes]`. */
  readonly means: readonly (readonly number[])[];
  /** What it would ask for if it knew λ. */
  readonly knowing: SteeringByRecipe;
  /** Decided answers that say what λ does. */
  readonly agreeing: number;
}

/** Users who are shown pairs of one pool. */
export interface InterviewOptions {
  readonly service: InferenceService;
  /** The one that answers, and others that steer otherwise. */
  readonly recipes: readonly Recipe[];
  readonly judge: Judge;
  readonly users: number;
  /** Standard deviation of each of their weights, whose mean is 0. */
  readonly spread: number;
  readonly seed: number;
}

const owner = 'bench';

/** Draws users and asks each what the profile wants to know, until it wants no more. */
export async function interviewUsers({
  service,
  recipes,
  judge,
  users,
  spread,
  seed,
}: InterviewOptions): Promise<InterviewedUser[]> {
  const random = createRandom(seed);
  const dimension = recipes[0]!.profile!.attributes.length;
  const lambdas = Array.from({ length: users }, () =>
    Array.from({ length: dimension }, () => spread * random.normal()),
  );
  await using store = await openSqliteStore({ file: ':memory:', now: () => 0 });
  const watched = watch(service);
  await using profiles = createProfiles({ service: watched.service, store, recipes, seed });
  await profiles.create(owner, { id: 'first', recipe: recipes[0]!.name });
  await watched.idle(); // with the pool filled, nobody's questions depend on how fast it fills
  const interviewed: InterviewedUser[] = [];
  for (const [i, lambda] of lambdas.entries()) {
    const user = { id: `user-${i}`, lambda };
    interviewed.push(await interview(profiles, recipes, { user, judge, random }));
  }
  return interviewed;
}

interface Asking {
  readonly user: { readonly id: string; readonly lambda: Lambda };
  readonly judge: Judge;
  readonly random: Random;
}

async function interview(
  profiles: Profiles,
  recipes: readonly Recipe[],
  { user: { id, lambda }, judge, random }: Asking,
): Promise<InterviewedUser> {
  const answered: AnsweredPair[] = [];
  const steering: SteeringByRecipe[] = [];
  const means: number[][] = [];
  let agreeing = 0;
  await profiles.create(owner, { id, recipe: recipes[0]!.name });
  for (;;) {
    steering.push(await steeringOf(profiles, recipes, id));
    means.push((await profiles.get(owner, id)).attributes.map(({ mean }) => mean));
    const question = await profiles.question(owner, id);
    if (question.kind === 'enough') break;
    const { prompt, first, second } = question;
    await judge.read([first, second]);
    const pair = toCandidate(question.id, judge.features(first), judge.features(second));
    const outcome = answerOf(lambda, pair, random);
    await profiles.answer(owner, id, { question: question.id, outcome });
    answered.push({ prompt, first, second, outcome });
    if (outcome === (marginOf(lambda, pair) > 0 ? 'first' : 'second')) agreeing++;
  }
  const own = recipes[0]!.profile!.attributes.map(({ name }, k) => [name, lambda[k]!]);
  await profiles.setOverrides(owner, id, Object.fromEntries(own) as Record<string, number>);
  const knowing = await steeringOf(profiles, recipes, id);
  return { lambda, answered, steering, means, knowing, agreeing };
}

function toCandidate(id: string, first: readonly number[], second: readonly number[]): Candidate {
  return { id, difference: first.map((value, k) => value - second[k]!) };
}

async function steeringOf(
  profiles: Profiles,
  recipes: readonly Recipe[],
  id: string,
): Promise<SteeringByRecipe> {
  const given = recipes.map(
    async ({ name }) => [name, await profiles.steering(owner, id, name)] as const,
  );
  return Object.fromEntries(await Promise.all(given));
}

/** A service, and a wait until nothing is being answered. */
function watch(service: InferenceService) {
  const streams: ServiceStream[] = [];
  const watched: InferenceService = {
    get status() {
      return service.status;
    },
    recipes: () => service.recipes(),
    load: (...given) => service.load(...given),
    unload: (...given) => service.unload(...given),
    stream: (request) => {
      const stream = service.stream(request);
      streams.push(stream);
      return stream;
    },
    score: (...given) => service.score(...given),
    tokenize: (...given) => service.tokenize(...given),
    tokenizePrompt: (...given) => service.tokenizePrompt(...given),
    detokenize: (...given) => service.detokenize(...given),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
  const idle = async () => {
    for (const stream of streams) {
      await Promise.allSettled([stream.result]);
      await setImmediate(); // whoever waited for it may begin the next one, which is added
    }
  };
  return { service: watched, idle };
}
