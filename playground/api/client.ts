import { ApiError } from './errors.ts';
import { readEvents } from './sse.ts';
import type { AnswerToken, ChatRequest, Recipe, WireChunk, WireError } from './wire.ts';

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

export async function fetchRecipes(): Promise<readonly Recipe[]> {
  const response = await send('recipes', { method: 'GET' });
  const { data } = (await response.json()) as { data: readonly Recipe[] };
  return data;
}

/** A step of an answer. */
export interface AnswerChunk {
  readonly text: string;
  readonly tokens: readonly AnswerToken[];
  readonly finishReason: string | null;
  /** Values of the whole answer by reward, given once. */
  readonly rewards: Readonly<Record<string, number>> | null;
  /** Nats spent of a KL budget, given once. */
  readonly kl: number | null;
  /** The server's own count and speed, given once, at the end. */
  readonly usage: { readonly tokenCount: number; readonly tokensPerSecond: number } | null;
}

/** Streams an answer. Leaving the loop or aborting the signal ends the request. */
export async function* streamChat(
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerChunk> {
  const response = await send('chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  });
  try {
    for await (const data of readEvents(response.body!)) {
      if (data === '[DONE]') return;
      yield toAnswerChunk(JSON.parse(data) as WireChunk);
    }
  } catch (error) {
    if (signal.aborted || error instanceof ApiError) throw error;
    throw new ApiError('The connection was lost in the middle of the answer.', 0);
  }
  throw new ApiError('The stream ended before the answer did.', 502);
}

function toAnswerChunk({ error, choices, usage }: WireChunk): AnswerChunk {
  if (error !== undefined) throw toStreamError(error);
  const choice = choices?.[0];
  return {
    text: choice?.delta?.content ?? '',
    tokens: choice?.trimtab?.tokens ?? [],
    finishReason: choice?.finish_reason ?? null,
    rewards: choice?.trimtab?.rewards ?? null,
    kl: choice?.trimtab?.kl ?? null,
    usage: usage
      ? {
          tokenCount: usage.completion_tokens,
          tokensPerSecond: usage.trimtab?.timings.tokensPerSecond ?? 0,
        }
      : null,
  };
}

/** An error in the middle of a stream has no status of its own. */
function toStreamError({ message, code }: WireError): ApiError {
  return new ApiError(message, code === 'engine_unavailable' ? 503 : 500, code ?? '');
}

async function send(path: string, init: RequestInit): Promise<Response> {
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
