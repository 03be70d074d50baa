import { loadRecipe, type Recipe } from '../index.ts';
import { outlineOf, type OpenRecipe, type RecipeOutline } from './answerer.ts';
import type { Cli } from './cli.ts';
import { UsageError } from './failure.ts';
import { loadTrimtab, type LoadSettings } from './loading.ts';
import type { ServerFlags } from './options/server.ts';
import { RemoteRecipe } from './remote/remote-recipe.ts';
import { ServerClient } from './remote/server-client.ts';

/** A recipe that is known and not yet loaded: its outline can be checked against the flags first. */
export interface FoundRecipe {
  readonly outline: RecipeOutline;
  open(): Promise<OpenRecipe>;
}

/** A recipe file; with `--url`, a recipe of that server by its name. */
export async function findRecipe(
  cli: Cli,
  recipe: string,
  flags: LoadSettings & ServerFlags,
): Promise<FoundRecipe> {
  if (flags.url === undefined) {
    const found = await loadRecipe(recipe);
    return { outline: outlineOf(found), open: () => openHere(cli, found, flags) };
  }
  if (flags.allowModules) {
    throw new UsageError('--allow-modules is for `trimtab serve`: the server runs the modules.');
  }
  const remote = await RemoteRecipe.find(new ServerClient(flags), recipe, cli.interruption.signal);
  return { outline: remote.outline, open: () => Promise.resolve(remote) };
}

async function openHere(cli: Cli, recipe: Recipe, flags: LoadSettings): Promise<OpenRecipe> {
  const trimtab = await loadTrimtab(cli, recipe, flags);
  return {
    outline: outlineOf(recipe),
    stream: (prompt, options) => trimtab.stream(prompt, options),
    generate: (prompt, options) => trimtab.generate(prompt, options),
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}
