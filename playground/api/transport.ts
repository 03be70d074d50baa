import { ApiError } from './errors.ts';
import type { WireError } from './wire.ts';

const keySlot = 'trimtab-key';

export function storeKey(key: string): void {
  sessionStorage.setItem(keySlot, key);
}

export function hasKey(): boolean {
  return sessionStorage.getItem(keySlot) !== null;
}

/** Where the OpenAI-compatible API lives: beside the page. */
export function apiBase(): string {
  return new URL('v1', document.baseURI).href;
}

/** The part of a request that carries a value as JSON. */
export function toJsonBody(value: unknown): Pick<RequestInit, 'headers' | 'body'> {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** Asks the API for a path. @throws ApiError unless it answers with success; the signal's reason. */
export async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = sessionStorage.getItem(keySlot);
  if (key !== null) headers.set('authorization', `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(`${apiBase()}/${path}`, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError('The server cannot be reached.', 0);
  }
  if (!response.ok) throw await toApiError(response);
  return response;
}

async function toApiError(response: Response): Promise<ApiError> {
  const { status } = response;
  try {
    const { error } = (await response.json()) as { error: WireError };
    return new ApiError(error.message, status, error.code ?? '');
  } catch {
    return new ApiError(`The server answered with status ${status}.`, status);
  }
}
