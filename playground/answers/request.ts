import type { ChatMessage, ChatRequest, Params, Recipe } from '../api/wire.ts';
import type { Role } from './answer.ts';

/** Sampling of the page's requests; `null` leaves it to the recipe and the server. */
export interface Settings {
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly seed: number | null;
  readonly maxTokens: number | null;
}

export const defaultSettings: Settings = {
  temperature: null,
  topP: null,
  seed: null,
  maxTokens: 160,
};

/** A recipe is served under its name, each of its models alone as `recipe/model`. */
function modelName(recipe: Recipe, role: Role): string {
  if (role === 'composed') return recipe.name;
  return `${recipe.name}/${role === 'base' ? recipe.base : recipe.expert}`;
}

export interface RequestParts {
  readonly recipe: Recipe;
  readonly role: Role;
  readonly messages: readonly ChatMessage[];
  readonly params: Params;
  readonly settings: Settings;
}

/** The request as another program would send it. */
export function toRequest({ recipe, role, messages, params, settings }: RequestParts): ChatRequest {
  const { temperature, topP, seed, maxTokens } = settings;
  return {
    model: modelName(recipe, role),
    messages,
    ...(maxTokens !== null && { max_tokens: maxTokens }),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
    ...(seed !== null && { seed }),
    stream: true,
    ...(role === 'composed' && { trimtab: { params } }),
  };
}

/** The same with what only the page needs: a trace of every token, and their count. */
export function toTracedRequest(parts: RequestParts): ChatRequest {
  const request = toRequest(parts);
  return {
    ...request,
    stream_options: { include_usage: true },
    trimtab: { ...request.trimtab, trace: true },
  };
}
