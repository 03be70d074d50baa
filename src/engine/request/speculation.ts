import { readSpeculation } from '../../options/index.ts';
import { withDrafter, type Recipe } from '../../recipe/index.ts';
import type { Acceptances } from '../decode/acceptances.ts';
import type { Speculation } from '../decode/draft.ts';
import { draftedPositions } from '../load/settings.ts';
import type { ResolvedRequest } from './request.ts';

export interface SpeculationRequest {
  /** What the request says; the recipe's, or `auto`, where it says nothing. */
  readonly asked: string | undefined;
  readonly recipe: Recipe;
  readonly request: ResolvedRequest;
  /** Whether one model answers alone. */
  readonly isAlone: boolean;
  readonly acceptances: Acceptances;
}

/** How a request speculates. */
export interface ResolvedSpeculation {
  /** `null` where nothing is drafted. */
  readonly speculation: Speculation | null;
  /** A model that drafts and is not asked for anything else. */
  readonly added: string | null;
  /** Why nothing is drafted though somebody asked for it. */
  readonly warnings: readonly string[];
}

const nothing = { speculation: null, added: null, warnings: [] };

/**
 * Who drafts for a request: of itself copies of what the answer and its prompt say, and every model of the plan
 * whose rows are needed anyway.
 * @throws InvalidOptionError
 */
export function resolveSpeculation(options: SpeculationRequest): ResolvedSpeculation {
  const { asked, recipe, request, acceptances } = options;
  const setting =
    asked === undefined ? recipe.speculation : withDrafter(readSpeculation(asked), recipe);
  const { drafter, length, coupling } = setting;
  if (drafter === 'off') return nothing;
  const model = typeof drafter === 'object' ? drafter.model : null;
  const why = whyNothing(options, model);
  if (why !== null) {
    return { ...nothing, warnings: drafter === 'auto' ? [] : [`Nothing is drafted: ${why}.`] };
  }
  const models = model === null ? [] : [model];
  if (drafter === 'auto' && request.models.length > 1) models.push(...request.plan.models);
  const most = Math.min(draftedPositions(recipe), length ?? Infinity);
  const speculation: Speculation = {
    copies: model === null,
    models,
    length: drafter === 'auto' || length === undefined ? 'auto' : most,
    most,
    coupling,
    acceptances,
  };
  const isThere = models.every((name) => request.models.some((each) => each.name === name));
  return { speculation, added: isThere ? null : model, warnings: [] };
}

/** Why nobody can draft, or not the model that was asked to. */
function whyNothing(
  { recipe, request, isAlone }: SpeculationRequest,
  model: string | null,
): string | null {
  if (draftedPositions(recipe) === 0) {
    return 'the recipe says speculation: off, so that no rows are held for drafts';
  }
  const firm = request.models.filter(({ model: { weights } }) => !weights.capabilities.truncates);
  if (firm.length > 0) {
    return `${firm.map(({ name }) => name).join(', ')} cannot drop tokens that turn out wrong`;
  }
  if (model === null || !isAlone) return null;
  return `${request.plan.base} answers alone, so that ${model} has no part in it`;
}
