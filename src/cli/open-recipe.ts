import type { GenerateOptions, Recipe } from '../index.ts';
import { withSteering, type Steering } from '../profiles/index.ts';
import { outlineOf, type AnswerOptions, type OpenRecipe, type RecipeOutline } from './answerer.ts';
import type { Cli } from './cli.ts';
import { UsageError } from './failure.ts';
import { loadTrimtab, type LoadSettings } from './loading.ts';
import { readRecipe } from './named-file.ts';
import type { ProfileFlags } from './options/profile.ts';
import type { ServerFlags } from './options/server.ts';
import { localOwner } from './profiles/local-owner.ts';
import { withProfiles } from './profiles/with-profiles.ts';
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
  flags: LoadSettings & ServerFlags & ProfileFlags,
): Promise<FoundRecipe> {
  if (flags.url === undefined) {
    const found = await readRecipe('recipe', recipe);
    const steering = await steeringOf(found, flags);
    return { outline: outlineOf(found), open: () => openHere(cli, found, steering, flags) };
  }
  if (flags.allowModules) {
    throw new UsageError('--allow-modules is for `trimtab serve`: the server runs the modules.');
  }
  if (flags.dataDir !== undefined) {
    throw new UsageError('--data-dir is for `trimtab serve`: the server keeps the profiles.');
  }
  const remote = await RemoteRecipe.find(new ServerClient(flags), recipe, cli.interruption.signal);
  return { outline: remote.outline, open: () => Promise.resolve(remote) };
}

async function openHere(
  cli: Cli,
  recipe: Recipe,
  steering: Steering,
  flags: LoadSettings,
): Promise<OpenRecipe> {
  const toOptions = ({ profile, ...options }: AnswerOptions = {}): GenerateOptions =>
    profile === undefined || options.only !== undefined ? options : withSteering(options, steering);
  const trimtab = await loadTrimtab(cli, recipe, flags);
  return {
    outline: outlineOf(recipe),
    stream: (prompt, options) => trimtab.stream(prompt, toOptions(options)),
    generate: (prompt, options) => trimtab.generate(prompt, toOptions(options)),
    [Symbol.asyncDispose]: () => trimtab[Symbol.asyncDispose](),
  };
}

/** What the profile asks of the recipe; nothing where there is none. */
async function steeringOf(recipe: Recipe, flags: ProfileFlags): Promise<Steering> {
  const { profile } = flags;
  if (profile === undefined) return {};
  return withProfiles([recipe], flags, (profiles) =>
    profiles.steering(localOwner, profile, recipe.name),
  );
}
