import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { HubError } from '../spec/index.ts';
import { CachedRepo, partSuffix } from './cache-layout.ts';
import { isLocked, wallClock } from './file-lock.ts';
import { filesIn } from './files-in.ts';
import {
  findListed,
  listCached,
  type CacheOptions,
  type ListedModel,
  type UnfinishedFile,
} from './list-cached.ts';
import { processesUsing } from './processes.ts';

export interface RemovedModel {
  readonly model: ListedModel;
  /** Less than the model's where other names have the same bytes. */
  readonly freedBytes: number;
}

/**
 * Removes a model from the cache, at all commits that have it; other files stay.
 * @param name - As `findListed` takes it.
 * @throws InvalidOptionError, HubError `not-found`, `ambiguous`, or `in-use` while a process has it open or fetches it.
 */
export async function removeCached(
  name: string,
  options: CacheOptions = {},
): Promise<RemovedModel> {
  const listing = await listCached(options);
  const model = findListed(listing, name);
  const repo = new CachedRepo(listing.folder, model.repo);
  await requireUnused(repo, model);
  const blobs = await blobsOf(repo, model);
  const pointers = model.revisions.flatMap(({ commit }) =>
    model.files.map((file) => repo.pointer(commit, file)),
  );
  let freedBytes = 0;
  const remove = async (file: string) => {
    const found = await stat(file).catch(() => null);
    const isLast = found?.nlink === 1;
    await rm(file, { force: true });
    if (isLast) freedBytes += found.size;
  };
  // Files behind links are removed as blobs.
  for (const pointer of pointers) {
    const isFile = model.blobs.includes(pointer);
    await (isFile ? remove(pointer) : rm(pointer, { force: true }));
  }
  const others = await inodesIn(path.join(repo.folder, 'snapshots'));
  for (const blob of blobs) {
    const found = await stat(blob).catch(() => null);
    if (found !== null && !others.has(found.ino)) await remove(blob);
  }
  await removeEmpty(repo, model);
  return { model, freedBytes };
}

/** Removes beginnings of files that nobody is fetching. */
export async function removeUnfinished(options: CacheOptions = {}): Promise<UnfinishedFile[]> {
  const { folder, unfinished } = await listCached(options);
  const removed: UnfinishedFile[] = [];
  for (const part of unfinished) {
    const etag = path.basename(part.path, partSuffix);
    if (await isLocked(new CachedRepo(folder, part.repo).lock(etag), wallClock)) continue;
    await rm(part.path, { force: true });
    removed.push(part);
  }
  return removed;
}

async function requireUnused(repo: CachedRepo, { name, blobs }: ListedModel): Promise<void> {
  for (const blob of blobs) {
    if (!(await isLocked(repo.lock(path.basename(blob)), wallClock))) continue;
    throw new HubError('in-use', `${name} is being fetched: wait for that, or end it first.`);
  }
  const users = await processesUsing(blobs);
  if (users.length === 0) return;
  const shown = users.map(({ pid, command }) => `${command} (process ${pid})`).join(', ');
  throw new HubError('in-use', `${name} is in use by ${shown}: end that first.`);
}

/** The blobs that a model's names are links to, or copies of. */
async function blobsOf(repo: CachedRepo, { blobs }: ListedModel): Promise<string[]> {
  const folder = path.join(repo.folder, 'blobs');
  const [linked, own] = partition(blobs, (blob) => path.dirname(blob) === folder);
  if (own.length === 0) return linked;
  // Hard links are one file with their blob; a copy tells its blob by its size alone.
  const files = await Promise.all(own.map((file) => stat(file)));
  const found = await Promise.all(
    (await readdir(folder).catch(() => []))
      .filter((name) => !name.endsWith(partSuffix))
      .map(async (name) => ({
        file: path.join(folder, name),
        is: await stat(path.join(folder, name)),
      })),
  );
  const same = found.filter(({ is }) =>
    files.some(({ ino, nlink, size }) => ino === is.ino || (nlink === 1 && size === is.size)),
  );
  return [...linked, ...same.map(({ file }) => file)];
}

function partition<Item>(
  items: readonly Item[],
  isFirst: (item: Item) => boolean,
): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** Of the files in a folder, and those behind its links. */
async function inodesIn(folder: string): Promise<Set<number>> {
  const files = await filesIn(folder);
  const found = await Promise.all(
    files.map((file) => stat(path.join(folder, file)).catch(() => null)),
  );
  return new Set(found.flatMap((file) => (file === null ? [] : [file.ino])));
}

/** Other programs take a branch without its commit, and a repository without commits, for damage. */
async function removeEmpty(repo: CachedRepo, { revisions }: ListedModel): Promise<void> {
  const refs = await repo.refs();
  for (const { commit } of revisions) {
    if ((await filesIn(repo.snapshot(commit))).length > 0) continue;
    await rm(repo.snapshot(commit), { recursive: true, force: true });
    for (const ref of refs.get(commit) ?? []) await repo.removeRef(ref);
  }
  const snapshots = await filesIn(path.join(repo.folder, 'snapshots'));
  const blobs = await readdir(path.join(repo.folder, 'blobs')).catch(() => []);
  if (snapshots.length + blobs.length === 0)
    await rm(repo.folder, { recursive: true, force: true });
}
