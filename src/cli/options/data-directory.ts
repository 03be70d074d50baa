import type { Command } from 'commander';

import { dataDirectory, dataDirectoryVariable } from '../../files/index.ts';
import { isPostgresUrl } from '../../store/postgres/address.ts';
import { UsageError } from '../failure.ts';

/** Flags of {@link addDataDirectoryOption}, as commander parses them. */
export interface DataDirectoryFlags {
  readonly dataDir?: string;
  readonly store?: string;
}

/** Where profiles and batches are kept: a file of this machine in a folder, or a database that machines share. */
export type StorePlace = { readonly folder: string } | { readonly url: string };

/** Holds the address of a database, so that its password need not be on a command line that others can see. */
const storeVariable = 'TRIMTAB_STORE';

/** The flags that say where profiles and batches are kept. */
export function addDataDirectoryOption(command: Command): Command {
  const own = dataDirectory({ environment: {} });
  return command
    .option(
      '--data-dir <folder>',
      `where profiles are kept (default: the environment's ${dataDirectoryVariable}, or ${own})`,
    )
    .option(
      '--store <url>',
      `a Postgres database in place of that folder: postgres://user@host/database (default: the environment's ${storeVariable})`,
    );
}

/** Nothing of it is created. @throws UsageError for two places at once, and for a URL that is none. */
export function storePlaceOf({ dataDir, store }: DataDirectoryFlags): StorePlace {
  if (dataDir !== undefined && store !== undefined) {
    throw new UsageError('--store: --data-dir names another place. Give one of them.');
  }
  const url = dataDir === undefined ? (store ?? process.env[storeVariable] ?? '') : '';
  if (url === '') return { folder: dataDir ?? dataDirectory() };
  if (isPostgresUrl(url)) return { url };
  const named = store === undefined ? storeVariable : '--store';
  throw new UsageError(
    `${named}: it is no URL of Postgres: write postgres://user@host/database, or name a folder by --data-dir.`,
  );
}

/** Whether the command line or the environment says which place it is. */
export function namesStore(flags: DataDirectoryFlags): boolean {
  const place = storePlaceOf(flags);
  return (
    'url' in place ||
    flags.dataDir !== undefined ||
    (process.env[dataDirectoryVariable] ?? '') !== ''
  );
}

/** The flags that name the same place again, without a password. */
export function storeWords({ dataDir, store }: DataDirectoryFlags): string {
  if (dataDir !== undefined) return ` --data-dir ${dataDir}`;
  return store === undefined ? '' : ` --store ${withoutPassword(store)}`;
}

function withoutPassword(url: string): string {
  return url
    .replace(/:[^/@]*@/, '@')
    .replace(/([?&])password=[^&]*&?/i, '$1')
    .replace(/[?&]$/, '');
}
