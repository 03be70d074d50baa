import { send, toJsonBody } from './transport.ts';
import type { Outcome, ProfileEntry, ProfileQuestion, ProfileView, Enough } from './wire.ts';

/** Oldest first. */
export async function listProfiles(): Promise<readonly ProfileEntry[]> {
  const { data } = await read<{ data: readonly ProfileEntry[] }>('profiles');
  return data;
}

/** Letters, digits and `_ . : -`: what the server takes for an id. */
const idPattern = /^[\w.:-]{1,128}$/;

/** A user of that name, which is their id as well where it can be one. */
export function createProfile(recipe: string, name: string): Promise<ProfileView> {
  const body = idPattern.test(name) ? { recipe, id: name } : { recipe, name };
  return read('profiles', { method: 'POST', ...toJsonBody(body) });
}

export function fetchProfile(id: string, recipe: string): Promise<ProfileView> {
  return read(`${pathOf(id)}?${new URLSearchParams({ recipe }).toString()}`);
}

export async function deleteProfile(id: string): Promise<void> {
  await send(pathOf(id), { method: 'DELETE' });
}

export async function resetProfile(id: string): Promise<void> {
  await send(`${pathOf(id)}/reset`, { method: 'POST', ...toJsonBody({}) });
}

/** All of the user's own weights at once: what is not named is learned again. */
export async function putOverrides(
  id: string,
  overrides: Readonly<Record<string, number>>,
): Promise<void> {
  await send(`${pathOf(id)}/overrides`, { method: 'PUT', ...toJsonBody({ overrides }) });
}

/** Everything of a profile, as the file that an import takes. */
export async function exportProfile(id: string): Promise<Blob> {
  return (await send(`${pathOf(id)}/export`, {})).blob();
}

/** The pair to show next, or why there is none. Waits while the server prepares one. */
export async function fetchQuestion(
  id: string,
  recipe: string,
  signal: AbortSignal,
): Promise<ProfileQuestion | Enough['reason']> {
  const path = `${pathOf(id)}/questions?${new URLSearchParams({ recipe }).toString()}`;
  const { question, reason } = await read<{
    readonly question: ProfileQuestion | null;
    readonly reason?: Enough['reason'];
  }>(path, { signal });
  return question ?? reason ?? 'none left';
}

export async function sendAnswer(id: string, question: string, outcome: Outcome): Promise<void> {
  await send(`${pathOf(id)}/answers`, { method: 'POST', ...toJsonBody({ question, outcome }) });
}

function pathOf(id: string): string {
  return `profiles/${encodeURIComponent(id)}`;
}

async function read<Value>(path: string, init: RequestInit = {}): Promise<Value> {
  return (await (await send(path, init)).json()) as Value;
}
