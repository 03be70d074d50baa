import type { ChatMessage, ChatRequest, Params, Recipe } from '../api/wire.ts';
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
function modelName(recipe: Recipe, role: Role): string {
  if (role === 'composed') return recipe.name;
  return `${recipe.name}/${role === 'base' ? recipe.base : recipe.expert}`;
}

export interface RequestParts {
  readonly recipe: Recipe;
  readonly role: Role;
  readonly messages: readonly ChatMessage[];
  readonly params: Params;
  /** Weights that are not the recipe's. */
  readonly rewards: Params;
  readonly constraint: ConstraintFields;
  readonly settings: Settings;
}

/** The request as another program would send it. */
export function toRequest(parts: RequestParts): ChatRequest {
  const { recipe, role, messages, params, rewards, constraint, settings } = parts;
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
    ...(role === 'composed' && {
      trimtab: { params, ...(Object.keys(rewards).length > 0 && { rewards }) },
    }),
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
