import { didYouMean } from '../../faults/index.ts';
import type { EvaluationSystem, SystemRoles } from '../../evaluation/index.ts';
import type { GenerateOptions, ServedRecipe } from '../../index.ts';
import { settleSchedules } from '../../recipe/index.ts';
import { UsageError } from '../failure.ts';

/** A recipe that a service serves, and what it answers with. */
export interface FingerprintedRecipe {
  readonly recipe: ServedRecipe;
  readonly fingerprint: string;
}

/** `--recipe`, read: a recipe, or one of its models. */
export interface NamedSystem extends FingerprintedRecipe {
  readonly only: string | null;
}

/** Flags that give the systems roles, as commander parses them. */
export interface RoleFlags {
  readonly base?: string;
  readonly expert?: string;
  readonly direct?: string;
}

/** @throws UsageError if the recipe has no model of that name. */
export function requireServedModel({ name, modelNames }: ServedRecipe, only: string): void {
  if (modelNames.includes(only)) return;
  const remedy = didYouMean(only, modelNames) || ` It has ${modelNames.join(', ')}.`;
  throw new UsageError(`--recipe: the recipe ${name} has no model ${only}.${remedy}`);
}

/**
 * The systems that are compared. A recipe that is alone brings its base and its expert along.
 * Compositions report their rewards.
 * @param options - How all answer; params and schedules are for compositions.
 * @throws InvalidOptionError for a schedule of a param that a composition has not.
 */
export function toSystems(
  named: readonly NamedSystem[],
  { params, schedules, ...options }: EvaluationSystem['options'],
): EvaluationSystem[] {
  const [first] = named;
  const all = named.length === 1 && first?.only === null ? withParts(first) : named;
  return all.map(({ recipe, fingerprint, only }) => ({
    name: systemName(recipe, only),
    recipe: recipe.name,
    fingerprint,
    only,
    options: {
      ...options,
      ...(only === null && params && { params }),
      ...(only === null && schedulesOf(recipe, schedules)),
      ...(only === null &&
        Object.keys(recipe.rewards).length > 0 && {
          reportRewards: Object.keys(recipe.rewards),
        }),
    } satisfies GenerateOptions,
  }));
}

/** What says them whatever the recipe becomes; nothing where there are none. */
function schedulesOf(
  { name, params }: ServedRecipe,
  given: GenerateOptions['schedules'],
): Pick<GenerateOptions, 'schedules'> {
  const recipe = { name, params: new Map(Object.entries(params)) };
  const schedules = settleSchedules(recipe, given);
  return Object.keys(schedules).length === 0 ? {} : { schedules };
}

function withParts({ recipe, fingerprint }: NamedSystem): NamedSystem[] {
  const { base, expert } = recipe;
  // A base may be its own expert, e.g. in contrastive decoding.
  const parts = new Set([base, expert ?? base]);
  return [...parts, null].map((only) => ({ recipe, fingerprint, only }));
}

function systemName({ name }: ServedRecipe, only: string | null): string {
  return only === null ? name : `${name}/${only}`;
}

/** Roles as named; else the base and the expert of a recipe that are there, or the first system as base. */
export function toRoles(
  named: readonly NamedSystem[],
  systems: readonly EvaluationSystem[],
  { base, expert, direct }: RoleFlags,
): SystemRoles {
  const names = systems.map(({ name }) => name);
  const partOf = (part: 'base' | 'expert'): string | undefined =>
    named
      .map(({ recipe }) => systemName(recipe, recipe[part]))
      .find((name, i) => named[i]!.recipe[part] !== null && names.includes(name));
  const baseName = base ?? partOf('base') ?? names[0]!;
  const ownExpert = partOf('expert') ?? null;
  const roles = {
    base: baseName,
    expert: expert ?? (ownExpert === baseName ? null : ownExpert),
    direct: direct ?? null,
  };
  for (const [role, name] of Object.entries(roles)) {
    if (name === null || names.includes(name)) continue;
    throw new UsageError(`--${role}: no system is called ${name}. There are ${names.join(', ')}.`);
  }
  return roles;
}
