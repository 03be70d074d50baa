import type { CachedModel } from '../hub/index.ts';
import { isHubName } from '../hub/hub-name.ts';
import {
  ContractError,
  HubError,
  type Adapter,
  type FileSource,
  type ModelSource,
} from '../spec/index.ts';
import { showPath, type DocumentPath } from './issues.ts';
import type { Recipe, RewardDeclaration } from './recipe.ts';
import { noPlaces, type ErrorPlaces } from './yaml-source.ts';

export interface PlaceOptions {
  /** Fetches models that are not in the cache, before they are looked for again. */
  readonly fetchMissing?: ((names: readonly string[]) => Promise<unknown>) | undefined;
  /** Says where the cache is: `HF_HOME` and its like. Of the process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a recipe names of the hub, and where. */
interface NamedModel {
  readonly path: DocumentPath;
  readonly name: string;
}

/**
 * The recipe with models of the hub as the files that they are in the cache. Without `fetchMissing` nothing is
 * asked of a network; a recipe of files alone is given back as it is.
 * @throws RecipeError that names what is not there, and the command that fetches it.
 */
export async function placeRecipe(
  recipe: Recipe,
  { fetchMissing, environment }: PlaceOptions = {},
  places: ErrorPlaces = noPlaces,
): Promise<Recipe> {
  const named = namedModels(recipe);
  if (named.length === 0) return recipe;
  const find = () => findCached(named, places, environment);
  let found = await find();
  const missing = () => [
    ...new Set(named.map(({ name }) => name).filter((one) => !found.has(one))),
  ];
  if (fetchMissing !== undefined && missing().length > 0) {
    await fetchMissing(missing());
    found = await find();
  }
  const first = named.find(({ name }) => !found.has(name));
  if (first === undefined) return withFiles(recipe, found);
  throw places.errorAt(
    first.path,
    `${showPath(first.path)}: ${first.name} is not in the cache. This fetches what is missing, as --pull does: trimtab pull ${missing().join(' ')}`,
  );
}

/** Where a model's file is. @throws ContractError as {@link requireFile} does. */
export function modelPath(source: ModelSource): string {
  return requireFile(source).path;
}

/** @throws ContractError for a model of the hub that {@link placeRecipe} has not placed. */
export function requireFile(source: ModelSource): FileSource {
  if (source.kind === 'file') return source;
  if (source.kind === 'server')
    throw new ContractError(`${source.url} has the model: it is no file.`);
  throw new ContractError(
    `${source.name} was not looked for in the cache: place the recipe first.`,
  );
}

function namedModels({ models, skills, rewards }: Recipe): NamedModel[] {
  const named: NamedModel[] = [];
  for (const { name, source, adapters } of models.values()) {
    if (source.kind === 'hub') named.push({ path: ['models', name, 'file'], name: source.name });
    for (const [i, adapter] of adapters.entries()) {
      const path = ['models', name, 'adapters', i, fileKey(adapter)];
      if (isHubName(adapter.file)) named.push({ path, name: adapter.file });
    }
  }
  for (const { name, adapter } of skills.values()) {
    const path = ['skills', name, fileKey(adapter)];
    if (isHubName(adapter.file)) named.push({ path, name: adapter.file });
  }
  for (const { name, source } of rewards.values()) {
    if (source.kind !== 'scalar' || source.headFile === null) continue;
    const path = ['rewards', name, 'headFile'];
    if (isHubName(source.headFile)) named.push({ path, name: source.headFile });
  }
  return named;
}

/** What names an adapter's file in a document. */
export function fileKey({ kind }: Adapter): 'file' | 'vector' {
  return kind === 'vector' ? 'vector' : 'file';
}

async function findCached(
  named: readonly NamedModel[],
  places: ErrorPlaces,
  environment: PlaceOptions['environment'],
): Promise<Map<string, CachedModel>> {
  const { resolveCached } = await import('../hub/index.ts');
  const found = new Map<string, CachedModel>();
  for (const { path, name } of named) {
    if (found.has(name)) continue;
    try {
      const model = await resolveCached(name, environment && { environment });
      if (model !== null) found.set(name, model);
    } catch (cause) {
      if (!(cause instanceof HubError)) throw cause;
      throw places.errorAt(path, `${showPath(path)}: ${cause.message}`, { cause });
    }
  }
  return found;
}

function withFiles(recipe: Recipe, found: ReadonlyMap<string, CachedModel>): Recipe {
  const pathOf = (file: string) => found.get(file)?.path ?? file;
  const models = [...recipe.models.values()].map(({ source, adapters, ...model }) => ({
    ...model,
    source: source.kind === 'hub' ? toFile(found.get(source.name)!) : source,
    adapters: adapters.map((adapter) => ({ ...adapter, file: pathOf(adapter.file) })),
  }));
  const skills = [...recipe.skills.values()].map((skill) => ({
    ...skill,
    adapter: { ...skill.adapter, file: pathOf(skill.adapter.file) },
  }));
  const rewards = [...recipe.rewards.values()].map((reward): RewardDeclaration => {
    const { source } = reward;
    if (source.kind !== 'scalar' || source.headFile === null) return reward;
    return { ...reward, source: { ...source, headFile: pathOf(source.headFile) } };
  });
  return {
    ...recipe,
    models: new Map(models.map((model) => [model.name, model])),
    skills: new Map(skills.map((skill) => [skill.name, skill])),
    rewards: new Map(rewards.map((reward) => [reward.name, reward])),
  };
}

function toFile({ path, name }: CachedModel): ModelSource {
  return { kind: 'file', path, hub: name };
}
