import { rename, statfs } from 'node:fs/promises';

import { HubError } from '../spec/index.ts';
import { systemTimer, type StartTimer } from '../waiting/index.ts';
import { CachedRepo, systemLinking, type Linking } from './cache-layout.ts';
import { chooseFiles, listModels } from './choose-files.ts';
import { download, FileChanged } from './download.ts';
import { lockFile, wallClock } from './file-lock.ts';
import { HubClient, type HubFile } from './hub-client.ts';
import {
  defaultRevision,
  formatHubName,
  isCommit,
  isSafePath,
  parseHubName,
  type HubName,
} from './hub-name.ts';
import { sayBytes } from './say-bytes.ts';
import { PartFile } from './part-file.ts';
import { describeCached, findAt, type CachedModel } from './resolve-cached.ts';
import { hubSettings, type Environment, type HubSettings } from './settings.ts';

/** How far the fetching of a model is. */
export interface PullProgress {
  /** Path in the repository. */
  readonly file: string;
  /** Which of its files, from 1, and of how many. */
  readonly number: number;
  readonly count: number;
  /** Of this file: all of them, and those that are there. */
  readonly bytes: number;
  readonly receivedBytes: number;
  /** `waiting`: for a hub or a process that is busy, which `message` tells. */
  readonly state: 'fetching' | 'waiting' | 'done';
  readonly message?: string;
}

/** What a pull asks of the machine; tests put other things in its place. */
export interface PullMachine {
  readonly startTimer: StartTimer;
  readonly now: () => number;
  /** Bytes that may be written to a folder. */
  readonly freeBytes: (folder: string) => Promise<number>;
  readonly linking: Linking;
  /** A connection that brings nothing for so long is cut. */
  readonly idleMs: number;
}

const thisMachine: PullMachine = {
  startTimer: systemTimer,
  now: wallClock,
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  linking: systemLinking,
  idleMs: 60_000,
};

export interface PullOptions {
  /** Ends it; what has come stays. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Of the process by default: `HF_TOKEN`, `HF_ENDPOINT`, `HF_HOME` and their like. */
  readonly environment?: Environment;
  /** @internal */
  readonly machine?: Partial<PullMachine>;
}

/** Times that a model is listed anew because its files changed meanwhile. */
const maxListings = 3;

/**
 * Fetches a model of the hub into the cache that all programs of Hugging Face share, or what is missing of it.
 * @param name - `hf:owner/name[:quant | /file.gguf][@revision]`; without quant and file Q4_K_M, or the only one.
 * @throws InvalidOptionError for what is no name; HubError; the file system's error; the signal's reason.
 */
export async function pull(name: string, options: PullOptions = {}): Promise<CachedModel> {
  const asked = parseHubName(name);
  const settings = hubSettings(options.environment);
  const repo = new CachedRepo(settings.cacheFolder, asked.repo);
  const { revision } = asked;
  if (settings.isOffline || (revision !== null && isCommit(revision))) {
    const commit = await repo.commitOf(revision ?? undefined);
    const found = commit === null ? null : await findAt(repo, asked, commit);
    if (found !== null) return found;
    if (settings.isOffline) {
      throw new HubError(
        'offline',
        `${formatHubName(asked)} is not in ${settings.cacheFolder}, and HF_HUB_OFFLINE says to use no network: unset it.`,
      );
    }
  }
  const machine = { ...thisMachine, ...options.machine };
  for (let listing = 1; ; listing++) {
    try {
      return await new Pull(asked, repo, settings, machine, options).run();
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error;
      if (listing < maxListings) continue;
      throw new HubError(
        'unavailable',
        `${formatHubName(asked)}: the hub lists other files than it gives, ${maxListings} times: try again later.`,
        { cause: error },
      );
    }
  }
}

class Pull {
  readonly #asked: HubName;
  readonly #repo: CachedRepo;
  readonly #settings: HubSettings;
  readonly #machine: PullMachine;
  readonly #options: PullOptions;
  readonly #client: HubClient;
  /** What is worked on, for messages that come meanwhile. */
  #now: Omit<PullProgress, 'state' | 'message'> | null = null;

  constructor(
    asked: HubName,
    repo: CachedRepo,
    settings: HubSettings,
    machine: PullMachine,
    options: PullOptions,
  ) {
    this.#asked = asked;
    this.#repo = repo;
    this.#settings = settings;
    this.#machine = machine;
    this.#options = options;
    const { startTimer, idleMs } = machine;
    const onWait = this.#wait;
    this.#client = new HubClient({ settings, signal: options.signal, startTimer, idleMs, onWait });
  }

  async run(): Promise<CachedModel> {
    const { revision } = this.#asked;
    const commit = await this.#client.commit(this.#asked, revision ?? defaultRevision);
    const listed = await this.#client.files(this.#asked, commit);
    const byPath = new Map(listed.map((file) => [file.path, file]));
    const chosen = chooseFiles(this.#asked, [...byPath.keys()]);
    for (const file of chosen) requireSafe(file);
    const files = chosen.map((file) => byPath.get(file)!);
    this.#repo.create();
    await this.#requireSpace(commit, files);
    for (const [i, file] of files.entries()) {
      const { path: name, bytes } = file;
      this.#now = { file: name, number: i + 1, count: files.length, bytes, receivedBytes: 0 };
      await this.#bring(commit, file);
      this.#tell('done', { receivedBytes: bytes });
    }
    await this.#repo.writeListing(
      commit,
      listModels([...byPath.keys()]).flatMap((model) => model.files),
    );
    // Last: until all is there, the revision stays what it was.
    await this.#repo.writeRef(revision ?? defaultRevision, commit);
    return describeCached(this.#repo, this.#asked, commit, chosen);
  }

  async #bring(commit: string, file: HubFile): Promise<void> {
    const repo = this.#repo;
    const { etag, bytes } = file;
    const isThere = () => repo.holds(commit, file.path, etag, bytes);
    if (await isThere()) return;
    const { startTimer, now, linking } = this.#machine;
    const { signal } = this.#options;
    await using _ = await lockFile(repo.lock(etag), {
      signal,
      startTimer,
      now,
      onWait: () => this.#tell('waiting', { message: 'another process is fetching it' }),
    });
    if (await isThere()) return;
    if (!(await repo.hasBlob(etag, bytes))) {
      const part = repo.part(etag);
      await download({
        client: this.#client,
        name: this.#asked,
        commit,
        file,
        part,
        signal,
        startTimer,
        onBytes: (receivedBytes) => this.#tell('fetching', { receivedBytes }),
        onWait: this.#wait,
      });
      await rename(part, repo.blob(etag));
    }
    await repo.place(etag, commit, file.path, linking);
  }

  /** @throws HubError if what is missing would not fit. */
  async #requireSpace(commit: string, files: readonly HubFile[]): Promise<void> {
    const repo = this.#repo;
    const missing = await Promise.all(
      files.map(async ({ path: name, etag, bytes }) => {
        if (await repo.holds(commit, name, etag, bytes)) return 0;
        if (await repo.hasBlob(etag, bytes)) return 0;
        return bytes - Math.min(bytes, await PartFile.size(repo.part(etag)));
      }),
    );
    const needed = missing.reduce((sum, bytes) => sum + bytes, 0);
    const free = needed === 0 ? 0 : await this.#machine.freeBytes(repo.folder);
    if (needed <= free) return;
    throw new HubError(
      'no-space',
      `${formatHubName(this.#asked)} needs ${sayBytes(needed)} more, and ${this.#settings.cacheFolder} has ${sayBytes(free)}: free ` +
        'some space, or name a folder on another disk in HF_HUB_CACHE.',
    );
  }

  readonly #wait = (delayMs: number, why: string): void => {
    this.#tell('waiting', { message: `${why.replace(/\.$/, '')}; again in ${delayMs / 1000} s` });
  };

  #tell(
    state: PullProgress['state'],
    more: Partial<Pick<PullProgress, 'receivedBytes' | 'message'>>,
  ): void {
    const { message, ...change } = more;
    const before = this.#now ?? { file: '', number: 0, count: 0, bytes: 0, receivedBytes: 0 };
    this.#now = { ...before, ...change };
    this.#options.onProgress?.({ ...this.#now, state, ...(message !== undefined && { message }) });
  }
}

/** @throws HubError for a path that could leave the folder it is put into. */
function requireSafe(file: string): void {
  if (isSafePath(file)) return;
  throw new HubError(
    'refused',
    `The hub lists a file called ${JSON.stringify(file.slice(0, 200))}: no file of this name is written here.`,
  );
}
