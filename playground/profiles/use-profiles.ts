import { useEffect, useState } from 'preact/hooks';

import { createProfile, listProfiles } from '../api/profiles.ts';
import type { ServedRecipe } from '../../src/spec/index.ts';
import type { ProfileEntry } from '../api/wire.ts';
import { useWork, type Failure } from './use-work.ts';

export interface Profiles {
  /** Those that can be used with the recipe, oldest first. */
  readonly entries: readonly ProfileEntry[];
  /** Whom answers are for; `null` is nobody in particular. */
  readonly chosen: ProfileEntry | null;
  readonly failure: Failure | null;
  readonly choose: (id: string | null) => void;
  /** Makes a profile and chooses it. */
  readonly add: (name: string) => void;
  /** Reads the list again, after one of them has changed or is gone. */
  readonly reload: () => void;
}

/** The users that the server knows. */
export function useProfiles(recipe: ServedRecipe | null): Profiles {
  const [all, setAll] = useState<readonly ProfileEntry[]>([]);
  const [id, setId] = useState<string | null>(null);
  const { failure, run } = useWork();
  const reload = (): void => run(async () => setAll(await listProfiles()));
  const name = recipe?.profile ? recipe.name : null;
  useEffect(() => {
    if (name !== null) reload();
  }, [name]);

  const entries = name === null ? [] : all.filter(({ recipes }) => recipes.includes(name));
  const add = (given: string): void =>
    run(async () => {
      const made = await createProfile(name!, given);
      setAll((before) => [...before, made]);
      setId(made.id);
    });
  // As work too: what has failed before is over then.
  const choose = (chosenId: string | null): void => run(() => Promise.resolve(setId(chosenId)));
  const chosen = entries.find((entry) => entry.id === id) ?? null;
  return { entries, chosen, failure, choose, add, reload };
}

/** What a user is called on the page. */
export function titleOf({ name, id }: ProfileEntry): string {
  return name ?? id;
}
