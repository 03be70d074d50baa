import { InvalidOptionError } from '../spec/index.ts';

/** What every name of a model of the hub begins with. */
const prefix = 'hf:';

/** A model of the hub, as a person names it. */
export interface HubName {
  /** `owner/name`. */
  readonly repo: string;
  /** How its weights are quantised, e.g. `Q4_K_M`; `null` leaves that to the rule of {@link chooseFiles}. */
  readonly quant: string | null;
  /** Path in the repository; with one there is no `quant`. */
  readonly file: string | null;
  /** A branch, tag or commit; `null` is `main`. */
  readonly revision: string | null;
}

/** The revision of a name that says none. */
export const defaultRevision = 'main';

/** Whether a text names a model of the hub, rightly or not: no path of a file is read as one. */
export function isHubName(text: string): boolean {
  return text.startsWith(prefix);
}

/**
 * Reads `hf:owner/name[:quant | /file.gguf][@revision]`. The last `@` begins the revision.
 * @throws InvalidOptionError for what is no such name.
 */
export function parseHubName(text: string): HubName {
  const [, owner, name, quant = null, file = null, revision = null] =
    /^hf:([^/:@]+)\/([^/:@]+)(?::([^/:@]*)|\/(.*?))?(?:@([^@]*))?$/s.exec(text) ?? [];
  const refuse = (why: string) =>
    new InvalidOptionError(
      'name',
      `${JSON.stringify(text)} names no model: ${why}. Write hf:owner/name, and after it :quant or ` +
        '/file.gguf, and @revision, where they are needed.',
    );
  if (owner === undefined || name === undefined) {
    throw refuse(
      isHubName(text) ? 'an owner and a name are needed' : `it begins with no ${prefix}`,
    );
  }
  for (const part of [owner, name]) {
    if (!isRepoPart(part))
      throw refuse(`${JSON.stringify(part)} is no name of an owner or a model`);
  }
  if (quant !== null && !/^[\w.-]{1,60}$/.test(quant)) throw refuse('what follows : is no quant');
  if (file !== null && !isSafePath(file))
    throw refuse('what follows the name is no path of a file');
  if (revision !== null && !isRevision(revision)) throw refuse('what follows @ is no revision');
  return { repo: `${owner}/${name}`, quant, file, revision };
}

/** As {@link parseHubName} reads it. */
export function formatHubName({ repo, quant, file, revision }: HubName): string {
  const pick = file === null ? (quant === null ? '' : `:${quant}`) : `/${file}`;
  return `${prefix}${repo}${pick}${revision === null ? '' : `@${revision}`}`;
}

/** `--` stands for the slash in names of folders, and the hub knows none in names. */
function isRepoPart(part: string): boolean {
  return /^[A-Za-z0-9_]([\w.-]{0,94}[A-Za-z0-9_])?$/.test(part) && !/--|\.\./.test(part);
}

function isRevision(revision: string): boolean {
  return /^[\w./-]{1,200}$/.test(revision) && isSafePath(revision);
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** Reserved for devices on Windows, whatever their ending. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Whether a path of a repository stays inside any folder that it is put into, on every system. */
export function isSafePath(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (path.length > 500 || /[\\:*?"<>|\u0000-\u001F\u007F]/.test(path)) return false;
  return path
    .split('/')
    .every((part) => part !== '' && !/^\.+$|[. ]$/.test(part) && !deviceName.test(part));
}
