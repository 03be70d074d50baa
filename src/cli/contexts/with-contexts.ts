import type { Contexts } from '../../contexts/index.ts';
import { ownerOnly } from '../../files/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import { InvalidOptionError, TrimtabError } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { makeFolder } from '../named-file.ts';
import { storePlaceOf, type DataDirectoryFlags } from '../options/data-directory.ts';
import { lazyStore } from '../profiles/lazy-store.ts';
import { statesOf } from './states-of.ts';

/** Codes of errors that are the caller's. */
const ofCaller: ReadonlySet<string> = new Set([
  'context_not_found',
  'context_exists',
  'limit_reached',
]);

/**
 * Lends the contexts of this machine, over recipes whose models load when something is prepared.
 * @throws UsageError for what was called wrongly, StoreError if they cannot be had.
 */
export async function withContexts<Value>(
  cli: Pick<Cli, 'engineOptions'>,
  recipes: readonly Recipe[],
  flags: DataDirectoryFlags & { readonly passes?: number },
  work: (contexts: Contexts) => Promise<Value>,
): Promise<Value> {
  const { createLocalService, Contexts: Opened } = await loadContexts();
  const place = storePlaceOf(flags);
  if ('folder' in place) await makeFolder('--data-dir', place.folder, ownerOnly);
  await using store = lazyStore(place);
  const states = statesOf(flags);
  await using service = await createLocalService({
    recipes,
    engineOptions: { ...cli.engineOptions, states },
  });
  await using contexts = new Opened({
    store: (await store.get()).contexts,
    service,
    recipes,
    states,
    worksIdle: false,
    ...(flags.passes !== undefined && { limits: { passes: flags.passes } }),
  });
  try {
    return await work(contexts);
  } catch (error) {
    const isOfCaller =
      error instanceof InvalidOptionError ||
      (error instanceof TrimtabError && ofCaller.has(error.code));
    if (!isOfCaller) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** Loaded when they are needed, so that the command line starts at once. */
async function loadContexts() {
  const [host, contexts] = await Promise.all([
    import('../../service/index.ts'),
    import('../../contexts/index.ts'),
  ]);
  return { ...host, ...contexts };
}
