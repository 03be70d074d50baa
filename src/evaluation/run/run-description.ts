import { z } from 'zod';

import { InvalidOptionError } from '../../spec/index.ts';
import { contentId } from '../content-id.ts';
import type { EvaluationTask } from '../task.ts';
import type { EvaluationSystem } from './system.ts';

/** What an evaluation is: two of the same description give the same results. Written as `run.json`. */
export const runDescriptionSchema = z.strictObject({
  /** Of Trimtab. */
  version: z.string(),
  seed: z.int(),
  tasks: z.array(
    z.strictObject({
      name: z.string(),
      /** Hash of the items. */
      content: z.string(),
      items: z.int(),
    }),
  ),
  systems: z.array(
    z.strictObject({
      name: z.string(),
      recipe: z.string(),
      fingerprint: z.string(),
      only: z.string().nullable(),
      options: z.record(z.string(), z.json()),
    }),
  ),
});

export type RunDescription = Readonly<z.infer<typeof runDescriptionSchema>>;

export interface DescribedRun {
  readonly tasks: readonly EvaluationTask[];
  readonly systems: readonly EvaluationSystem[];
  /** A safe integer. */
  readonly seed: number;
  /** Of Trimtab. */
  readonly version: string;
}

/** @throws InvalidOptionError for no tasks or systems, for two of one name, or an unusable seed. */
export function describeRun({ tasks, systems, seed, version }: DescribedRun): RunDescription {
  requireNames('tasks', tasks);
  requireNames('systems', systems);
  if (!Number.isSafeInteger(seed)) {
    throw new InvalidOptionError('seed', `seed must be an integer, not ${seed}.`);
  }
  const description = {
    version,
    seed,
    tasks: tasks.map(({ name, items }) => ({
      name,
      content: contentId(items),
      items: items.length,
    })),
    systems: systems.map(({ name, recipe, fingerprint, only, options }) => ({
      name,
      recipe,
      fingerprint,
      only,
      options: options as Record<string, z.core.util.JSONType>,
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
