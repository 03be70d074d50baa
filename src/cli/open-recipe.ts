import {
  type GenerateServiceRequest,
  type InferenceService,
  type Prompt,
  type ServedRecipe,
} from '../spec/index.ts';
import type { Recipe } from '../recipe/index.ts';
import { withSteering, type Steering } from '../profiles/index.ts';
import type { AnswerOptions } from './answer-options.ts';
import type { Cli } from './cli.ts';
import { UsageError } from './failure.ts';
import { openHere, withEngine, type LoadSettings } from './loading.ts';
import { readGiven } from './given-recipe.ts';
import type { LoadFlags } from './options/load.ts';
import type { ModelFlags } from './options/models.ts';
import type { ProfileFlags } from './options/profile.ts';
import { openServer, refuseHere, requireServed } from './open-server.ts';
import type { ServerFlags } from './options/server.ts';
import { localOwner } from './profiles/local-owner.ts';
import { withProfiles } from './profiles/with-profiles.ts';

/** A recipe and the service that runs it. It need not be loaded: first it can be checked against flags. */
export interface OpenRecipe extends AsyncDisposable {
  readonly recipe: ServedRecipe;
  readonly service: InferenceService;
  /** Loads it; here with a progress bar and its warnings. */
  readonly load: () => Promise<ServedRecipe>;
  /** What the service is asked for an answer. */
  request(prompt: Prompt, options: AnswerOptions, signal: AbortSignal): GenerateServiceRequest;
}

/**
 * A recipe file, or that of the models of flags (`null`), run in this process; with `--url`, a recipe of that server
 * by its name.
 */
export async function openRecipe(
  cli: Cli,
  recipe: string | null,
  flags: LoadSettings & LoadFlags & ModelFlags & ServerFlags & ProfileFlags,
): Promise<OpenRecipe> {
  if (flags.url === undefined) return openFile(cli, recipe, flags);
  refuseHere(flags);
  for (const [flag, value] of [
    ['--data-dir', flags.dataDir],
    ['--store', flags.store],
  ] as const) {
    if (value === undefined) continue;
    throw new UsageError(`${flag} is for \`trimtab serve\`: the server keeps the profiles.`);
  }
  const { signal } = cli.interruption;
  const service = await openServer(flags, signal);
  const served = requireServed(service, recipe ?? '');
  return {
    recipe: served,
    service,
    load: () => Promise.resolve(served), // its first request loads it there
    request: (prompt, { profile, ...options }, ending) => ({
      recipe: served.name,
      prompt,
      owner: localOwner,
      profile,
      options,
      signal: ending,
    }),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

async function openFile(
  cli: Cli,
  named: string | null,
  flags: LoadSettings & LoadFlags & ModelFlags & ProfileFlags,
): Promise<OpenRecipe> {
  const found = withEngine(await readGiven(cli, named, flags), flags);
  const steering = await steeringOf(cli, found, flags);
  const { service, load } = await openHere(cli, found, flags);
  return {
    recipe: service.recipes()[0]!,
    service,
    load,
    request: (prompt, { profile, ...options }, signal) => ({
      recipe: found.name,
      prompt,
      owner: localOwner,
      options:
        profile === undefined || options.only !== undefined
          ? options
          : withSteering(options, steering),
      signal,
    }),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** What the profile asks of the recipe; nothing where there is none. */
async function steeringOf(cli: Cli, recipe: Recipe, flags: ProfileFlags): Promise<Steering> {
  const { profile } = flags;
  if (profile === undefined) return {};
  return withProfiles(cli, [recipe], flags, (profiles) =>
    profiles.steering(localOwner, profile, recipe.name),
  );
}
