import { checkSchedule } from '../options/index.ts';
import {
  requestOptions,
  type ParamSchedule,
  type ParamSchedules,
  type ResolvedSchedule,
} from '../spec/index.ts';
import { requireDeclared } from './params.ts';

const { kind } = requestOptions.schedules;

/**
 * With the nats of junctions where it leaves them to the default.
 * @param at - Its place. @throws InvalidOptionError naming the part, e.g. `schedules.alpha.junctions`.
 */
export function toSchedule(given: unknown, at: string): ResolvedSchedule {
  checkSchedule(kind, given, at);
  const { match, junctions } = given as ParamSchedule;
  return {
    ...(match !== undefined && { match }),
    ...(junctions !== undefined && {
      junctions: junctions === true ? kind.junctions.default : junctions,
    }),
  };
}

/** What of a recipe its schedules are read from: its own document, or what a service says of it. */
interface ScheduledRecipe {
  readonly name: string;
  readonly params: ReadonlyMap<string, { readonly schedule?: ResolvedSchedule }>;
}

/**
 * The schedules in force, by param: those that a request gives in place of the recipe's own, `null` being none of
 * that param, or of all.
 * @throws InvalidOptionError (`schedules.alpha`) for a param that the recipe does not declare.
 */
export function resolveSchedules(
  recipe: ScheduledRecipe,
  given: ParamSchedules | null | undefined,
): Record<string, ResolvedSchedule> {
  const schedules = Object.entries(settleSchedules(recipe, given));
  const inForce = schedules.filter(([, schedule]) => schedule !== null);
  return Object.fromEntries(inForce) as Record<string, ResolvedSchedule>;
}

/**
 * The same for every param that the recipe or the request says something of, `null` where that is none: what
 * says it whatever the recipe becomes.
 * @throws InvalidOptionError as {@link resolveSchedules} does.
 */
export function settleSchedules(
  recipe: ScheduledRecipe,
  given: ParamSchedules | null | undefined,
): Record<string, ResolvedSchedule | null> {
  const settled = new Map<string, ResolvedSchedule | null>();
  for (const [name, { schedule }] of recipe.params) {
    if (schedule !== undefined) settled.set(name, given === null ? null : schedule);
  }
  for (const [name, schedule] of Object.entries(given ?? {})) {
    const at = `schedules.${name}`;
    requireDeclared(recipe, name, at);
    settled.set(name, schedule === null ? null : toSchedule(schedule, at));
  }
  return Object.fromEntries(settled);
}

/** As the command line writes it: `match:kl,junctions:0.5`; `none`. */
export function showSchedule(schedule: ResolvedSchedule | null): string {
  if (schedule === null) return 'none';
  const { match, junctions } = schedule;
  const parts = [
    ...(match === undefined ? [] : [`match:${match}`]),
    ...(junctions === undefined ? [] : [`junctions:${junctions}`]),
  ];
  return parts.join();
}
