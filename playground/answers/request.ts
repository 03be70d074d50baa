import type { ChatMessage, ServedRecipe } from '../../src/spec/index.ts';
import type { ChatRequest, Params } from '../api/wire.ts';
import type { Role } from './answer.ts';
import type { ConstraintFields } from './constraint.ts';

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
function modelName(recipe: ServedRecipe, role: Role): string {
  if (isComposed(role)) return recipe.name;
  return `${recipe.name}/${role === 'base' ? recipe.base : recipe.expert}`;
}

/** Whether the formula answers, so that params act. */
export function isComposed(role: Role): boolean {
  return role === 'composed' || role === 'plain';
}

export interface RequestParts {
  readonly recipe: ServedRecipe;
  readonly role: Role;
  readonly messages: readonly ChatMessage[];
  readonly params: Params;
  /** Weights that are not the recipe's. */
  readonly rewards: Params;
  /** Id of whom the answer is for. */
  readonly profile: string | null;
  readonly constraint: ConstraintFields;
  readonly settings: Settings;
}

/** The request as another program would send it. */
export function toRequest(parts: RequestParts): ChatRequest {
  const { recipe, role, messages, constraint, settings } = parts;
  const { temperature, topP, seed, maxTokens } = settings;
  return {
    model: modelName(recipe, role),
    messages,
    ...(maxTokens !== null && { max_tokens: maxTokens }),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
    ...(seed !== null && { seed }),
    ...constraint,
    stream: true,
    ...(isComposed(role) && { trimtab: toExtension(parts) }),
  };
}

/** What a request says itself stays: a profile decides of the params that are left at their defaults. */
function toExtension({ recipe, role, params, rewards, profile: id }: RequestParts) {
  const profile = role === 'plain' ? null : id;
  const isOwn = ([name, value]: [string, number]): boolean =>
    profile === null || value !== recipe.params[name]?.default;
  return {
    params: Object.fromEntries(Object.entries(params).filter(isOwn)),
    ...(Object.keys(rewards).length > 0 && { rewards }),
    ...(profile !== null && { profile }),
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
