import { stat } from 'node:fs/promises';

import { HubError } from '../spec/index.ts';
import { filesIn } from './files-in.ts';
import { CachedRepo } from './cache-layout.ts';
import { chooseFiles } from './choose-files.ts';
import { formatHubName, parseHubName, type HubName } from './hub-name.ts';
import { hubSettings, type Environment } from './settings.ts';

/** A file of a repository that is in the cache. */
export interface CachedFile {
  /** Its path in the repository. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/** A model of the hub that is in the cache. */
export interface CachedModel {
  /** Its file at its commit: what this names never changes. */
  readonly name: string;
  readonly repo: string;
  readonly commit: string;
  /** Absolute: the file, or the first of its parts, beside which the others lie. */
  readonly path: string;
  /** At least one, in order. */
  readonly files: readonly CachedFile[];
  /** Of all its files. */
  readonly bytes: number;
}

export interface ResolveCachedOptions {
  /** Of the process by default. */
  readonly environment?: Environment;
}

/**
 * The model of the cache that a name means, without a network; `null` if it is not there. A branch or tag is
 * what it was when it was last fetched.
 * @throws InvalidOptionError for what is no name; HubError `ambiguous` if it fits several models that are there.
 */
export async function resolveCached(
  name: string,
  { environment = process.env }: ResolveCachedOptions = {},
): Promise<CachedModel | null> {
  const asked = parseHubName(name);
  const repo = new CachedRepo(hubSettings(environment).cacheFolder, asked.repo);
  const commit = await repo.commitOf(asked.revision ?? undefined);
  return commit === null ? null : findAt(repo, asked, commit);
}

/** As {@link resolveCached}, at a commit. */
export async function findAt(
  repo: CachedRepo,
  asked: HubName,
  commit: string,
): Promise<CachedModel | null> {
  try {
    const leavesChoice = asked.quant === null && asked.file === null;
    const listed = leavesChoice ? await repo.listing(commit) : null;
    const chosen = chooseFiles(asked, listed ?? (await filesIn(repo.snapshot(commit))));
    return await describeCached(repo, asked, commit, chosen);
  } catch (error) {
    if (error instanceof HubError && error.reason === 'not-found') return null;
    throw error;
  }
}

/** @throws HubError `not-found` if one of the files is not there. */
export async function describeCached(
  repo: CachedRepo,
  asked: HubName,
  commit: string,
  chosen: readonly string[],
): Promise<CachedModel> {
  const files = await Promise.all(
    chosen.map(async (file): Promise<CachedFile> => {
      const place = repo.pointer(commit, file);
      const found = await stat(place).catch(() => null);
      if (found?.isFile() !== true) throw new HubError('not-found', `${place} is not there.`);
      return { file, path: place, bytes: found.size };
    }),
  );
  const [first] = files;
  return {
    name: formatHubName({ repo: asked.repo, quant: null, file: first!.file, revision: commit }),
    repo: asked.repo,
    commit,
    path: first!.path,
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
