import { useEffect, useRef, useState } from 'preact/hooks';

import { fetchProfile, putOverrides } from '../api/profiles.ts';
import type { ProfileView } from '../api/wire.ts';
import { useWork, type Failure } from './use-work.ts';

export interface Profile {
  /** `null` until it has come. */
  readonly view: ProfileView | null;
  readonly failure: Failure | null;
  /** Does something to the profile, and reads what has become of it in the words of the recipe. */
  readonly change: (work: () => Promise<void>) => void;
  /** The user's own weight of an attribute; `null` is the learned one again. */
  readonly override: (attribute: string, weight: number | null) => void;
}

/** One user's profile, as it is with a recipe. */
export function useProfile(id: string, recipe: string): Profile {
  const [view, setView] = useState<ProfileView | null>(null);
  const latest = useRef(view);
  const { failure, run } = useWork();
  const change = (work: () => Promise<void>): void =>
    run(async () => {
      await work();
      latest.current = await fetchProfile(id, recipe);
      setView(latest.current);
    });
  useEffect(() => change(async () => {}), [id, recipe]);

  const override = (attribute: string, weight: number | null): void =>
    change(async () => {
      const own = new Map<string, number>();
      for (const { name, override: value } of latest.current?.attributes ?? []) {
        if (value !== null) own.set(name, value);
      }
      if (weight === null) own.delete(attribute);
      else own.set(attribute, weight);
      await putOverrides(id, Object.fromEntries(own));
    });
  return { view, failure, change, override };
}
