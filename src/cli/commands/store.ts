import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { Command } from 'commander';

import { InvalidOptionError } from '../../spec/index.ts';
import type { CopyProgress } from '../../store/index.ts';
import { isPostgresUrl } from '../../store/postgres/address.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failure.ts';
import { writeJson } from '../json.ts';
import { addJsonOption, type OutputFlags } from '../options/output.ts';
import { writeLines } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { createProgressBar } from '../render/progress-bar.ts';

interface CopyFlags extends OutputFlags {
  readonly replace?: boolean;
}

const examples = `
A place is the URL of a Postgres database, postgres://user@host/database, or the file or folder of a SQLite store. A
password is best left out of the URL: PGPASSWORD or ~/.pgpass has it.
End the servers that use either place first: what they write meanwhile is not copied.

Examples:
  trimtab store copy ~/.local/share/trimtab postgres://trimtab@db.example.org/trimtab
  trimtab store copy postgres://trimtab@db.example.org/trimtab backup.db`;

export function defineStore(command: Command, cli: Cli): Command {
  command.description('Moves what is kept of users and batches from one store to another.');
  const copy = new Command('copy')
    .summary('copy all of a store into another: a file, or a Postgres database')
    .description('Copies all of a store into another, or nothing: the other is then as it was.')
    .argument('<from>', 'the store that is read')
    .argument('<to>', 'the store that is written')
    .option('--replace', 'take what the other store has from it first');
  addJsonOption(copy, 'how many rows were copied');
  command.addCommand(
    copy
      .addHelpText('after', examples)
      .action((from: string, to: string) => copyAll(cli, from, to, copy.optsWithGlobals())),
  );
  return command;
}

async function copyAll(cli: Cli, from: string, to: string, flags: CopyFlags): Promise<void> {
  const { copyStore, storeFileName } = await loadStore();
  const [source, target] = [from, to].map((place) => fileOf(place, storeFileName)) as [
    string,
    string,
  ];
  // A file that is not there would be made, and be empty.
  if (!isPostgresUrl(source) && !existsSync(source)) {
    throw new UsageError(`from: there is no store ${source}.`);
  }
  using bar = createProgressBar(cli.err, cli.now);
  const onProgress = ({ done, of }: CopyProgress): void => {
    if (!flags.quiet) bar.draw('copying', done / of, `${done} of ${of} rows`);
  };
  const { signal } = cli.interruption;
  const replaces = flags.replace === true;
  const rows = await copyStore({
    from: source,
    to: target,
    replaces,
    now: Date.now,
    onProgress,
    signal,
  }).catch((error: unknown) => {
    if (!(error instanceof InvalidOptionError)) throw error;
    const remedy = error.option === 'to' && !replaces ? ' (--replace)' : '';
    throw new UsageError(`${error.message}${remedy}`, { cause: error });
  });
  bar.clear();
  if (flags.json) return writeJson(cli.out, { rows });
  return writeLines(cli.out, [
    `Copied ${rows} rows.${rows === 0 ? ` ${escapeLine(from)} is empty.` : ''}`,
  ]);
}

/** Of a folder, the store in it. */
function fileOf(place: string, fileName: string): string {
  if (isPostgresUrl(place)) return place;
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? path.join(place, fileName) : place;
}

/** Loaded when it is needed, so that help is shown at once. */
function loadStore() {
  return import('../../store/index.ts');
}
