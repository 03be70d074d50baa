import { createProfiles, type ProfilesOptions } from '../../../src/profiles/index.ts';
import type { ServerOptions } from '../../../src/server/index.ts';
import { openSqliteStore, type ProfileStore } from '../../../src/store/index.ts';
import { tasteRecipe } from '../taste-service.ts';
import { ProfiledService } from './profiled-service.ts';
import { listen, type Answer, type Json, type TestServer } from './serve.ts';

export interface ProfilesSetting
  extends Partial<Omit<ProfilesOptions, 'service'>>, Partial<Omit<ServerOptions, 'limits'>> {
  /** Of the server; `limits` are those of the profiles. */
  readonly serverLimits?: ServerOptions['limits'];
  /** In place of opening a store, each time it is asked for. */
  readonly openStore?: () => Promise<ProfileStore>;
}

/** A server of the recipe `taste` with profiles, by default of a store in memory. */
export async function listenWithProfiles(given: ProfilesSetting = {}): Promise<TestServer> {
  const {
    service = new ProfiledService(),
    recipes = [tasteRecipe()],
    openStore = inMemory,
  } = given;
  const { serverLimits, limits, store, seed = 1, preparesAhead = true, ...options } = given;
  const opened: ProfileStore[] = [];
  const profiles = async () => {
    const kept = store ?? (await openStore());
    if (store === undefined) opened.push(kept);
    const ways = { seed, preparesAhead, ...(limits && { limits }) };
    return createProfiles({ service, recipes, store: kept, ...ways });
  };
  const server = await listen({ ...options, service, limits: serverLimits, profiles });
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      for (const each of opened) await each[Symbol.asyncDispose]();
    },
  };
}

export function inMemory(): Promise<ProfileStore> {
  return openSqliteStore({ file: ':memory:', now: () => 1000 });
}

/** A new profile `ann` of the recipe. */
export function createAnn(server: Pick<TestServer, 'post'>, recipe = 'taste'): Promise<Answer> {
  return server.post('/v1/profiles', { id: 'ann', recipe });
}

/** Answers questions until there are no more. @returns Those asked. */
export async function interview(
  server: Pick<TestServer, 'get' | 'post'>,
  choose: (question: Json) => string,
  id = 'ann',
): Promise<Json[]> {
  const asked: Json[] = [];
  for (;;) {
    const { question } = (await server.get(`/v1/profiles/${id}/questions`)).json;
    if (question === null) return asked;
    asked.push(question);
    const answer = { question: question.id, outcome: choose(question) };
    await server.post(`/v1/profiles/${id}/answers`, answer);
  }
}
