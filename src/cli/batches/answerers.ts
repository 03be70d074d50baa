import type { ItemAnswerer } from '../../jobs/index.ts';
import { ownerOnly } from '../../files/index.ts';
import type { Recipe } from '../../recipe/index.ts';
import { createServer } from '../../server/index.ts';
import { createLocalService, createSupervisedService } from '../../service/index.ts';
import { engineDefaults } from '../../spec/index.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { readGiven } from '../given-recipe.ts';
import { warn, withEngine } from '../loading.ts';
import { makeFolder } from '../named-file.ts';
import { openServer, refuseHere } from '../open-server.ts';
import { storePlaceOf, type DataDirectoryFlags } from '../options/data-directory.ts';
import type { LoadFlags } from '../options/load.ts';
import type { ModelFlags } from '../options/models.ts';
import type { ModuleFlags } from '../options/modules.ts';
import type { OutputFlags } from '../options/output.ts';
import type { ServerFlags } from '../options/server.ts';
import { lazyStore } from '../profiles/lazy-store.ts';

export interface AnswererFlags
  extends OutputFlags, ModuleFlags, ModelFlags, LoadFlags, DataDirectoryFlags, ServerFlags {
  readonly recipe?: readonly string[];
  readonly parallel?: number;
}

/** Who answers the requests of a file. */
export interface OpenAnswerer extends AsyncDisposable {
  readonly answerer: ItemAnswerer;
  /** Requests at once. */
  readonly parallel: number;
}

/** Requests at once of a server, which says nothing of how many it takes. */
const parallelOnServer = 8;

/** The recipes of the flags, with an engine of their own, or the server of the flags. */
export function openAnswerer(cli: Cli, flags: AnswererFlags): Promise<OpenAnswerer> {
  return flags.url === undefined ? openRecipes(cli, flags) : openUrl(cli, flags);
}

/** Requests of recipes that wait while all sequences are taken. */
const maxQueue = 128;

async function openRecipes(cli: Cli, flags: AnswererFlags): Promise<OpenAnswerer> {
  const recipes = await readRecipes(cli, flags);
  if (flags.dataDir !== undefined) await makeFolder('--data-dir', flags.dataDir, ownerOnly);
  const settings = { allowModules: flags.allowModules === true, maxQueue };
  // One of its own may die and come again. What cannot cross to another process runs in this one.
  const service =
    cli.engineOptions === undefined
      ? await createSupervisedService({ recipes, engineOptions: settings })
      : await createLocalService({ recipes, engineOptions: { ...cli.engineOptions, ...settings } });
  const store = lazyStore(storePlaceOf(flags));
  const server = createServer({
    service,
    profiles: async () => {
      const { createProfiles } = await import('../../profiles/index.ts');
      return createProfiles({ service, recipes, store: (await store.get()).profiles });
    },
  });
  const opened: OpenAnswerer = {
    answerer: server.items,
    parallel: Math.max(...recipes.map(parallelOf)),
    async [Symbol.asyncDispose]() {
      for (const each of [server, service, store]) await each[Symbol.asyncDispose]();
    },
  };
  try {
    for (const { name } of recipes) await service.load(name, cli.interruption.signal);
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
  return opened;
}

async function readRecipes(cli: Cli, flags: AnswererFlags): Promise<Recipe[]> {
  const { recipe: named = [] } = flags;
  if (named.length === 0 && flags.base === undefined) {
    throw new UsageError('--recipe: name the recipe that answers, or a running server by --url.');
  }
  const recipes: Recipe[] = [];
  for (const each of flags.base === undefined ? named : [...named, null]) {
    recipes.push(withEngine(await readGiven(cli, each, flags), flags));
  }
  if (flags.quiet !== true) for (const { warnings } of recipes) warn(cli, warnings);
  return recipes;
}

function parallelOf({ engine }: Recipe): number {
  return engine.maxSequences ?? engineDefaults.maxSequences;
}

async function openUrl(cli: Cli, flags: AnswererFlags): Promise<OpenAnswerer> {
  refuseHere(flags);
  if (flags.recipe !== undefined) {
    throw new UsageError('--recipe is for `trimtab serve`: requests name the server’s by `model`.');
  }
  const service = await openServer(flags, cli.interruption.signal);
  return {
    answerer: {
      check: () => {}, // the server does
      answer: ({ endpoint, body, signal }) => service.ask(endpoint, body, signal),
    },
    parallel: flags.parallel ?? parallelOnServer,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
