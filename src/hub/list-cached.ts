import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { HubError } from '../spec/index.ts';
import { CachedRepo, partSuffix } from './cache-layout.ts';
import { listModels, quantOf } from './choose-files.ts';
import { filesIn } from './files-in.ts';
import { formatHubName, isCommit, parseHubName, type HubName } from './hub-name.ts';
import { hubSettings, type Environment } from './settings.ts';

/** A model that is in the cache, whatever commits have it. */
export interface ListedModel {
  /** `hf:owner/name/file.gguf`. */
  readonly name: string;
  readonly repo: string;
  /** `null` where its file's name does not say. */
  readonly quant: string | null;
  /** Paths in the repository, in order. */
  readonly files: readonly string[];
  /** Of all its files. */
  readonly bytes: number;
  /** Commits at which its files are these very ones, with the branches and tags that were there when last fetched. */
  readonly revisions: readonly { readonly commit: string; readonly refs: readonly string[] }[];
  /** Absolute: its first file at one of the commits. */
  readonly path: string;
  /** Absolute: where its bytes lie. */
  readonly blobs: readonly string[];
}

/** What has come of a file whose fetching was given up. */
export interface UnfinishedFile {
  readonly repo: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

export interface CacheListing {
  readonly folder: string;
  /** GGUF models by name; other files of the cache are other programs'. */
  readonly models: readonly ListedModel[];
  readonly unfinished: readonly UnfinishedFile[];
}

export interface CacheOptions {
  /** Of the process by default. */
  readonly environment?: Environment;
}

/** What is in the cache: GGUF models, and beginnings of them that Trimtab fetched. */
export async function listCached({
  environment = process.env,
}: CacheOptions = {}): Promise<CacheListing> {
  const { cacheFolder: folder } = hubSettings(environment);
  const repos = (await readdir(folder).catch(() => [])).flatMap((name) => {
    const [, owner, model] = /^models--((?:(?!--).)+)--((?:(?!--).)+)$/.exec(name) ?? [];
    return owner === undefined ? [] : [new CachedRepo(folder, `${owner}/${model}`)];
  });
  const models = (await Promise.all(repos.map(modelsIn))).flat();
  const unfinished = (await Promise.all(repos.map(unfinishedIn))).flat();
  return { folder, models: models.toSorted((a, b) => (a.name < b.name ? -1 : 1)), unfinished };
}

/**
 * The model of a listing that a name means; without a revision, at whatever commit it is there.
 * @throws InvalidOptionError, HubError `not-found` or `ambiguous`
 */
export function findListed(listing: CacheListing, name: string): ListedModel {
  const found = matchListed(listing, name);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new HubError('not-found', `${name} is not in ${listing.folder}.`);
  const names = found.map(pinnedName);
  throw new HubError('ambiguous', `${name} fits ${found.length} models: ${names.join(', ')}.`);
}

/** Every model of a listing that a name may mean. @throws InvalidOptionError */
export function matchListed({ models }: CacheListing, name: string): ListedModel[] {
  const asked = parseHubName(name);
  return models.filter((model) => isMeant(model, asked));
}

/** A model's file at one of its commits. */
function pinnedName({ repo, files, revisions }: ListedModel): string {
  return formatHubName({ repo, quant: null, file: files[0]!, revision: revisions[0]!.commit });
}

function isMeant(model: ListedModel, { repo, quant, file, revision }: HubName): boolean {
  if (model.repo !== repo) return false;
  if (file !== null && !model.files.includes(file)) return false;
  if (quant !== null && model.quant !== quant.toUpperCase()) return false;
  return (
    revision === null ||
    model.revisions.some(({ commit, refs }) => commit === revision || refs.includes(revision))
  );
}

async function modelsIn(repo: CachedRepo): Promise<ListedModel[]> {
  const refs = await repo.refs();
  const found = new Map<string, ListedModel>();
  for (const commit of await readdir(path.join(repo.folder, 'snapshots')).catch(() => [])) {
    if (!isCommit(commit)) continue;
    for (const { files } of listModels(await filesIn(repo.snapshot(commit)))) {
      const blobs = await realPaths(files.map((file) => repo.pointer(commit, file)));
      if (blobs === null) continue;
      const key = JSON.stringify([files, blobs]);
      const before = found.get(key);
      const revisions = [...(before?.revisions ?? []), { commit, refs: refs.get(commit) ?? [] }];
      found.set(
        key,
        before ? { ...before, revisions } : await describe(repo, commit, files, blobs),
      );
    }
  }
  return [...found.values()];

  async function describe(
    { repo: name }: CachedRepo,
    commit: string,
    files: readonly string[],
    blobs: readonly string[],
  ): Promise<ListedModel> {
    const sizes = await Promise.all(blobs.map(async (blob) => (await stat(blob)).size));
    return {
      name: formatHubName({ repo: name, quant: null, file: files[0]!, revision: null }),
      repo: name,
      quant: quantOf(files[0]!),
      files,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      revisions: [{ commit, refs: refs.get(commit) ?? [] }],
      path: repo.pointer(commit, files[0]!),
      blobs,
    };
  }
}

/** `null` if one of the files is not there, as behind a link that leads nowhere. */
async function realPaths(files: readonly string[]): Promise<string[] | null> {
  return Promise.all(files.map((file) => realpath(file))).catch(() => null);
}

async function unfinishedIn({ repo, folder }: CachedRepo): Promise<UnfinishedFile[]> {
  const blobs = path.join(folder, 'blobs');
  const names = (await readdir(blobs).catch(() => [])).filter((name) => name.endsWith(partSuffix));
  return Promise.all(
    names.map(async (name) => {
      const file = path.join(blobs, name);
      return { repo, path: file, bytes: (await stat(file).catch(() => null))?.size ?? 0 };
    }),
  );
}
