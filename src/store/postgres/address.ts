import { InvalidOptionError } from '../../spec/index.ts';

/** Whether a store's place is a Postgres database, and not a file. */
export function isPostgresUrl(place: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(place);
}

/**
 * A database's address as messages show it: without its password and whatever else is secret.
 * @throws InvalidOptionError, which does not repeat what was given.
 */
export function nameOfUrl(url: string): string {
  if (!isPostgresUrl(url) || !URL.canParse(url)) {
    const form = 'postgres://user:password@host:5432/database';
    throw new InvalidOptionError('store', `The URL of the store cannot be read: write ${form}.`);
  }
  const { protocol, username, host, pathname, searchParams } = new URL(url);
  const socket = host === '' ? (searchParams.get('host') ?? '') : host;
  return `${protocol}//${username === '' ? '' : `${username}@`}${socket}${pathname}`;
}
