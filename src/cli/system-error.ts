/** What the file system or the network refuses; Node's own errors have codes with underscores. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'a file of that name is there',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'its file system is read-only',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's share of the disk is full",
  EIO: 'the device reports an error',
};

/** Why, in words: `there is no such file or folder (ENOENT)`. */
export function reasonOf({ code = '', message }: NodeJS.ErrnoException): string {
  const reason = reasons[code];
  return reason === undefined ? message : `${reason} (${code})`;
}
