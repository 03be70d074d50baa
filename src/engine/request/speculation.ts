import { readSpeculation, type Coupling } from '../../options/index.ts';
import { withDrafter, type Recipe } from '../../recipe/index.ts';
import { InvalidOptionError, type TokenId } from '../../spec/index.ts';
import type { Acceptances } from '../decode/acceptances.ts';
import type { Speculation } from '../decode/draft.ts';
import { isElsewhere } from '../load/capabilities.ts';
import type { LoadedModel } from '../load/models.ts';
import { draftedPositions } from '../load/settings.ts';
import type { ResolvedRequest } from './request.ts';

export interface SpeculationRequest {
  /** What the request says; the recipe's, or `auto`, where it says nothing. */
  readonly asked: string | undefined;
  readonly recipe: Recipe;
  /** Those of the recipe's models that give rows. */
  readonly loaded: ReadonlyMap<string, LoadedModel>;
  /** With the models whose rows its rewards read. */
  readonly request: ResolvedRequest;
  /** Whether one model answers alone. */
  readonly isAlone: boolean;
  readonly acceptances: Acceptances;
  /** Texts that were prepared for the answer. */
  readonly prepared: readonly (readonly TokenId[])[];
}

/** How a request speculates. */
export interface ResolvedSpeculation {
  /** `null` where nothing is drafted. */
  readonly speculation: Speculation | null;
  /** A model that drafts and is not asked for anything else. */
  readonly added: LoadedModel | null;
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
  const { asked, recipe, loaded, request, acceptances } = options;
  const setting =
    asked === undefined ? recipe.speculation : withDrafter(readSpeculation(asked), recipe);
  const { drafter, length, coupling } = setting;
  if (drafter === 'off') return nothing;
  const model = typeof drafter === 'object' ? drafter.model : null;
  const named = model === null ? null : requireRowsOf(model, loaded);
  const why = whyNothing(options, named, coupling);
  if (why !== null) {
    return { ...nothing, warnings: drafter === 'auto' ? [] : [`Nothing is drafted: ${why}.`] };
  }
  const models = model === null ? [] : [model];
  if (drafter === 'auto' && request.plan.models.length > 1) {
    // Each token of one that computes elsewhere is a request of its own.
    models.push(...request.plan.models.filter((name) => !isElsewhere(loaded.get(name)!.weights)));
  }
  const most = Math.min(draftedPositions(recipe), length ?? Infinity);
  const speculation: Speculation = {
    copies: model === null,
    prepared: options.prepared,
    models,
    length: drafter === 'auto' || length === undefined ? 'auto' : most,
    most,
    coupling,
    acceptances,
  };
  const isThere = request.models.some(({ name }) => name === model);
  return { speculation, added: isThere ? null : named, warnings: [] };
}

/** @throws InvalidOptionError for a model that is there to score candidates alone. */
function requireRowsOf(name: string, loaded: ReadonlyMap<string, LoadedModel>): LoadedModel {
  const model = loaded.get(name);
  if (model !== undefined) return model;
  throw new InvalidOptionError(
    'speculation',
    `speculation names ${JSON.stringify(name)}, which scores candidates and gives no logits to draft by. ` +
      `Who can draft: auto, off, copies, ${[...loaded.keys()].join(', ')}.`,
  );
}

/** Why nobody can draft, or not the model that was asked to. */
function whyNothing(
  { recipe, loaded, request, isAlone }: SpeculationRequest,
  named: LoadedModel | null,
  coupling: Coupling,
): string | null {
  if (draftedPositions(recipe) === 0) {
    return 'the recipe says speculation: off, so that no rows are held for drafts';
  }
  const base = loaded.get(request.plan.base)!;
  const { source } = base.declaration;
  if (source.kind === 'server' && source.isPrivate) {
    return `${request.plan.base} is private, and a draft would show the server what was not said`;
  }
  const isServed = named !== null && isElsewhere(named.weights);
  if (isServed || (coupling === 'maximal' && isElsewhere(base.weights))) {
    return `${request.plan.base} is on a server, which neither drafts nor tells whole distributions`;
  }
  if (named !== null && isAlone) {
    return `${request.plan.base} answers alone, so that ${named.declaration.name} has no part in it`;
  }
  const models = new Set(request.models.map(({ model }) => model));
  if (named !== null) models.add(named);
  const firm = [...models].filter(({ weights }) => !weights.capabilities.truncates);
  if (firm.length === 0) return null;
  const names = firm.map(({ declaration }) => declaration.name).join(', ');
  return `${names} cannot drop tokens that turn out wrong`;
}
