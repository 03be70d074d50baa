import { InvalidOptionError } from '../../spec/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import type { Profiles } from '../../profiles/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { makeFolder } from '../named-file.ts';
import { ownerOnly } from '../../files/index.ts';
import { storePlaceOf, type DataDirectoryFlags } from '../options/data-directory.ts';
import type { ModuleFlags } from '../options/modules.ts';
import { lazyStore } from './lazy-store.ts';

export interface ProfilesFlags extends DataDirectoryFlags, ModuleFlags {
  /** Of the questions and of which answer comes first. */
  readonly seed?: number;
}

/**
 * Lends the profiles of this machine, over recipes whose models load when a question needs them.
 * @throws UsageError for what was called wrongly, StoreError if they cannot be had.
 */
export async function withProfiles<Value>(
  cli: Pick<Cli, 'engineOptions'>,
  recipes: readonly Recipe[],
  flags: ProfilesFlags,
  work: (profiles: Profiles) => Promise<Value>,
): Promise<Value> {
  const { createLocalService, createProfiles } = await loadProfiling();
  const { seed, allowModules = false } = flags;
  const place = storePlaceOf(flags);
  if ('folder' in place) await makeFolder('--data-dir', place.folder, ownerOnly);
  await using store = lazyStore(place);
  await using service = await createLocalService({
    recipes,
    engineOptions: { ...cli.engineOptions, allowModules },
  });
  await using profiles = createProfiles({
    service,
    recipes,
    store: (await store.get()).profiles,
    preparesAhead: false,
    ...(seed !== undefined && { seed }),
  });
  try {
    return await work(profiles);
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** Loaded when they are needed, so that the command line starts at once. */
async function loadProfiling() {
  const [host, profiles] = await Promise.all([
    import('../../service/index.ts'),
    import('../../profiles/index.ts'),
  ]);
  return { ...host, ...profiles };
}
