import { ApiError } from './errors.ts';
import { readEvents } from './sse.ts';
import { send, toJsonBody } from './transport.ts';
import type { GeneratedToken, ServedRecipe } from '../../src/spec/index.ts';
import type { ChatRequest, WireChunk, WireError } from './wire.ts';

export async function fetchRecipes(): Promise<readonly ServedRecipe[]> {
  const response = await send('recipes', { method: 'GET' });
  const { data } = (await response.json()) as { data: readonly ServedRecipe[] };
  return data;
}

/** A step of an answer. */
export interface AnswerChunk {
  readonly text: string;
  readonly tokens: readonly GeneratedToken[];
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
    ...toJsonBody(request),
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
