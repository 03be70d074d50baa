import { didYouMean } from '../../faults/index.ts';
import { contentId } from '../../evaluation/index.ts';
import type { ServedRecipe } from '../../index.ts';
import { UsageError } from '../failure.ts';
import type { ServerFlags } from '../options/server.ts';
import { createRemoteService } from '../remote/remote-service.ts';
import { ServerClient } from '../remote/server-client.ts';
import { requireModel, type Contest, type NamedContestant } from './contestants.ts';

/** Recipes of a running server: `name`, or `name/model`. @throws UsageError, ServerRefusal */
export async function openRemoteContest(
  references: readonly string[],
  flags: ServerFlags,
  signal: AbortSignal,
): Promise<Contest> {
  const client = new ServerClient(flags);
  const served = await client.recipes(signal);
  return {
    contestants: references.map((reference): NamedContestant => {
      const [name = '', only = null] = reference.split('/');
      const recipe = toContestant(requireServed(served, name, client.url));
      if (only !== null) requireModel(recipe, only);
      return { recipe, only };
    }),
    open: () => Promise.resolve(createRemoteService(client)),
  };
}

function requireServed(served: readonly ServedRecipe[], name: string, url: string): ServedRecipe {
  const recipe = served.find((candidate) => candidate.name === name);
  if (recipe !== undefined) return recipe;
  const names = served.map((candidate) => candidate.name);
  const remedy = didYouMean(name, names) || ` It serves ${names.join(', ')}.`;
  throw new UsageError(`--recipe: ${url} serves no recipe ${name}.${remedy}`);
}

/** Its fingerprint is what the server says of it: not the files, which only the server sees. */
function toContestant(recipe: ServedRecipe): NamedContestant['recipe'] {
  const { state: _, failure: __, models: ___, ...declared } = recipe;
  const { name, base, expert, modelNames, rewards } = recipe;
  return {
    name,
    base,
    expert,
    modelNames,
    rewardNames: Object.keys(rewards),
    fingerprint: contentId(declared),
  };
}
