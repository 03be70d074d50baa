import {
  copyFile,
  link,
  lstat,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';

import { createFolder } from '../files/index.ts';
import { filesIn } from './files-in.ts';
import { defaultRevision, isCommit, isSafePath } from './hub-name.ts';

/** How a file is put under a second name. */
export interface Linking {
  symlink(target: string, path: string): Promise<void>;
  link(file: string, path: string): Promise<void>;
  copyFile(file: string, path: string): Promise<void>;
}

/** What a blob's name has behind it until all of it is there. */
export const partSuffix = '.trimtab.incomplete';

export const systemLinking: Linking = { symlink, link, copyFile };

/**
 * The part of Hugging Face's cache that one repository has: `models--owner--name/{blobs,refs,snapshots}`.
 * Files lie in `blobs` under their hash; `snapshots/<commit>/` has links to them under their names; `refs`
 * tells the commit of a branch or tag.
 * @see https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export class CachedRepo {
  readonly repo: string;
  readonly folder: string;
  readonly lockFolder: string;

  constructor(cacheFolder: string, repo: string) {
    const name = `models--${repo.replace('/', '--')}`;
    this.repo = repo;
    this.folder = path.join(cacheFolder, name);
    this.lockFolder = path.join(cacheFolder, '.locks', name);
  }

  blob(etag: string): string {
    return path.join(this.folder, 'blobs', etag);
  }

  /** What has come so far of a blob. Named by its hash: it can be gone on with at any time. */
  part(etag: string): string {
    return path.join(this.folder, 'blobs', etag + partSuffix);
  }

  /** Held while a blob is fetched. */
  lock(etag: string): string {
    return path.join(this.lockFolder, `${etag}.trimtab.lock`);
  }

  snapshot(commit: string): string {
    return path.join(this.folder, 'snapshots', commit);
  }

  pointer(commit: string, file: string): string {
    return path.join(this.snapshot(commit), ...file.split('/'));
  }

  /** The commit that a revision was at when it was last asked for; `null` if it never was. */
  async commitOf(revision: string = defaultRevision): Promise<string | null> {
    if (isCommit(revision)) return revision;
    const text = await readFile(this.#ref(revision), 'utf8').catch(() => '');
    return isCommit(text.trim()) ? text.trim() : null;
  }

  /** Every branch and tag, by the commit that it was at. */
  async refs(): Promise<Map<string, string[]>> {
    const byCommit = new Map<string, string[]>();
    for (const revision of await filesIn(path.join(this.folder, 'refs'))) {
      const commit = await this.commitOf(revision);
      if (commit !== null) byCommit.set(commit, [...(byCommit.get(commit) ?? []), revision]);
    }
    return byCommit;
  }

  async removeRef(revision: string): Promise<void> {
    await rm(this.#ref(revision), { force: true });
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    await this.#replace(this.#ref(revision), commit);
  }

  /**
   * The models that the hub listed at a commit, whether or not they are here; `null` where another program fetched them.
   * They say what a name without a quant means.
   */
  async listing(commit: string): Promise<readonly string[] | null> {
    const text = await readFile(this.#listing(commit), 'utf8').catch(() => '');
    const paths = text.split('\n').filter((line) => isSafePath(line));
    return paths.length === 0 ? null : paths;
  }

  async writeListing(commit: string, paths: readonly string[]): Promise<void> {
    await this.#replace(this.#listing(commit), paths.map((line) => `${line}\n`).join(''));
  }

  /** Gives a blob its name at a commit: a link, or a copy where there can be none. */
  async place(etag: string, commit: string, file: string, linking: Linking): Promise<void> {
    const pointer = this.pointer(commit, file);
    const blob = this.blob(etag);
    createFolder(path.dirname(pointer));
    // A name of its own, which then takes the pointer's: nobody sees half a copy.
    const fresh = `${pointer}.${randomUUID()}.part`;
    const target = path.relative(path.dirname(pointer), blob);
    try {
      await linking
        .symlink(target, fresh)
        .catch(() => linking.link(blob, fresh))
        .catch(() => linking.copyFile(blob, fresh));
      await rename(fresh, pointer);
    } finally {
      await rm(fresh, { force: true });
    }
  }

  /** Whether a file is there at a commit, and is the blob, or as long as it. */
  async holds(commit: string, file: string, etag: string, bytes: number): Promise<boolean> {
    const pointer = this.pointer(commit, file);
    const found = await stat(pointer).catch(() => null);
    if (found?.isFile() !== true || found.size !== bytes) return false;
    const target = await readlink(pointer).catch(() => null);
    return target === null || path.basename(target) === etag;
  }

  async hasBlob(etag: string, bytes: number): Promise<boolean> {
    const found = await lstat(this.blob(etag)).catch(() => null);
    return found?.isFile() === true && found.size === bytes;
  }

  /** Makes the folders that blobs and locks are put in. @throws The file system's error. */
  create(): void {
    createFolder(path.join(this.folder, 'blobs'));
    createFolder(this.lockFolder);
    // Other programs take a folder without these for none of theirs.
    createFolder(path.join(this.folder, 'snapshots'));
    createFolder(path.join(this.folder, 'refs'));
  }

  async #replace(file: string, text: string): Promise<void> {
    createFolder(path.dirname(file));
    // A name of its own: several may write the same file.
    const fresh = path.join(this.folder, `${randomUUID()}.part`);
    await writeFile(fresh, text);
    await rename(fresh, file);
  }

  #listing(commit: string): string {
    return path.join(this.folder, 'trimtab', `${commit}.txt`);
  }

  #ref(revision: string): string {
    return path.join(this.folder, 'refs', ...revision.split('/'));
  }
}
