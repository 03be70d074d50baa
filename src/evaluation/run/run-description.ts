import { z } from 'zod';

import { InvalidOptionError } from '../../spec/index.ts';
import { contentId } from '../content-id.ts';
import { requireGroups, ungrouped, type EvaluationTask } from '../task.ts';
import type { EvaluationSystem } from './system.ts';

/** What an evaluation is: two of the same description give the same results. Written as `run.json`. */
export const runDescriptionSchema = z.strictObject({
  /** Of Trimtab. */
  version: z.string(),
  seed: z.int(),
  /** Completions of each program. */
  samples: z.int().min(1).default(1),
  tasks: z.array(
    z.strictObject({
      name: z.string(),
      /** Hash of the items; of their groups nothing, which answers do not depend on. */
      content: z.string(),
      items: z.int(),
      /** Rows of its file that are no items; absent where all are. */
      skipped: z.int().optional(),
    }),
  ),
  systems: z.array(
    z.strictObject({
      name: z.string(),
      recipe: z.string(),
      fingerprint: z.string(),
      only: z.string().nullable(),
      options: z.record(z.string(), z.json()),
      /** What stands before its prompts; absent where nothing does. */
      examples: z
        .strictObject({
          count: z.int(),
          /** Hash of the examples, in their order. */
          content: z.string(),
        })
        .optional(),
    }),
  ),
});

export type RunDescription = Readonly<z.infer<typeof runDescriptionSchema>>;

export type DescribedSystem = Readonly<RunDescription['systems'][number]>;

export interface DescribedRun {
  readonly tasks: readonly EvaluationTask[];
  readonly systems: readonly EvaluationSystem[];
  /** A safe integer. */
  readonly seed: number;
  /** Completions of each program; 1 by default. */
  readonly samples?: number;
  /** Of Trimtab. */
  readonly version: string;
}

/**
 * @throws InvalidOptionError for no tasks or systems, for two of one name, an unusable seed, or groups
 *   that some items of a task lack.
 */
export function describeRun({
  tasks,
  systems,
  seed,
  version,
  samples = 1,
}: DescribedRun): RunDescription {
  requireNames('tasks', tasks);
  requireNames('systems', systems);
  for (const { name, items } of tasks) requireGroups(items, (i) => `${name}: items[${i}]`);
  if (!Number.isSafeInteger(seed)) {
    throw new InvalidOptionError('seed', `seed must be an integer, not ${seed}.`);
  }
  const description = {
    version,
    seed,
    samples,
    tasks: tasks.map(({ name, items, skipped = [] }) => ({
      name,
      content: contentId(items.map(ungrouped)),
      items: items.length,
      ...(skipped.length > 0 && { skipped: skipped.length }),
    })),
    systems: systems.map(({ name, recipe, fingerprint, only, options, examples = [] }) => ({
      name,
      recipe,
      fingerprint,
      only,
      options: options as Record<string, z.core.util.JSONType>,
      ...(examples.length > 0 && {
        examples: { count: examples.length, content: contentId(examples) },
      }),
    })),
  };
  // As it is read back: what JSON has not is gone.
  return JSON.parse(JSON.stringify(description)) as RunDescription;
}

/** What two descriptions differ in, e.g. `seed (0 there, 1 here)`. */
export function differences(there: RunDescription, here: RunDescription): string[] {
  const [left, right] = [leaves(there), leaves(here)];
  const places = new Set([...left.keys(), ...right.keys()]);
  return [...places]
    .filter((place) => left.get(place) !== right.get(place))
    .map(
      (place) =>
        `${place} (${left.get(place) ?? 'nothing'} there, ${right.get(place) ?? 'nothing'} here)`,
    );
}

/** Values by their place; elements of a list by their name, or else their index. */
function leaves(value: unknown, place = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[place, JSON.stringify(value)]]);
  const named = Array.isArray(value)
    ? value.map((element: unknown, i): [string, unknown] => [nameOf(element) ?? `${i}`, element])
    : Object.entries(value);
  return new Map(
    named.flatMap(([name, part]) => [...leaves(part, place === '' ? name : `${place}.${name}`)]),
  );
}

function nameOf(element: unknown): string | undefined {
  const { name } = (element ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

function requireNames(option: string, named: readonly { readonly name: string }[]): void {
  if (named.length === 0) {
    throw new InvalidOptionError(option, `An evaluation needs at least one of ${option}.`);
  }
  const names = named.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated === undefined) return;
  throw new InvalidOptionError(
    option,
    `Two of the ${option} are called ${repeated}: their names must differ.`,
  );
}
