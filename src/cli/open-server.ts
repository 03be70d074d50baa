import { didYouMean } from '../faults/index.ts';
import { createHttpService, type HttpService } from '../service/index.ts';
import { ModelNotFoundError, type ServedRecipe } from '../spec/index.ts';
import { UsageError } from './failure.ts';
import type { LoadSettings } from './loading.ts';
import type { LoadFlags } from './options/load.ts';
import type { ModelFlags } from './options/models.ts';
import { defaultUrl, keyVariable, type ServerFlags } from './options/server.ts';

/** The server of the flags. @throws InvalidOptionError, EngineUnavailableError, ServerRefusal */
export function openServer({ url, key }: ServerFlags, signal: AbortSignal): Promise<HttpService> {
  return createHttpService({
    url: url ?? defaultUrl,
    key: key ?? process.env[keyVariable],
    signal,
  });
}

/** @throws ModelNotFoundError if the server has no recipe of that name. */
export function requireServed(service: HttpService, name: string): ServedRecipe {
  const recipes = service.recipes();
  const served = recipes.find((recipe) => recipe.name === name);
  if (served !== undefined) return served;
  const names = recipes.map((recipe) => recipe.name);
  throw new ModelNotFoundError(
    `${service.url} serves no recipe ${name}.${didYouMean(name, names)} It serves ${names.join(', ')}.`,
  );
}

/** Flags that say how a recipe is loaded here. @throws UsageError for one that only the server's own can say. */
export function refuseHere({
  allowModules,
  pull,
  threads,
  base,
}: LoadFlags & Pick<ModelFlags, 'base'> & Pick<LoadSettings, 'allowModules'>): void {
  if (base !== undefined) {
    throw new UsageError('--base is for `trimtab serve`: with --url, name one of its recipes.');
  }
  if (threads !== undefined) {
    throw new UsageError('--threads is for `trimtab serve`: the server runs the models.');
  }
  if (allowModules === true) {
    throw new UsageError('--allow-modules is for `trimtab serve`: the server runs the modules.');
  }
  if (pull === true) {
    throw new UsageError('--pull is for `trimtab serve`: the server has the models.');
  }
}
