import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { access, open, readFile, rm, stat } from 'node:fs/promises';

import { addressHint } from '../faults/index.ts';
import { GgufError, InvalidOptionError, RecipeError } from '../spec/index.ts';
import { loadRecipe, type Recipe } from '../recipe/index.ts';
import { createFolder, isThere } from '../files/index.ts';
import type { Cli } from './cli.ts';
import { pullModels } from './hub/pull-models.ts';
import type { PullFlags } from './options/pull.ts';
import { describeFailure, UsageError } from './failure.ts';
import { isSystemError, reasonOf } from './system-error.ts';

/** Options that say how a file is read. */
const readingFlags: Readonly<Record<string, string>> = {
  format: '--format',
  groupBy: '--group-by',
  count: '--shots',
};

/**
 * Reads what the caller named: whatever is wrong with the file is said with the option or argument.
 * @param name - `--prompts`, or `task` for an argument.
 * @throws UsageError if it cannot be read or is not what it should be.
 */
export async function fromFile<Value>(
  name: string,
  file: string,
  read: () => Promise<Value>,
): Promise<Value> {
  const hint = addressHint(file);
  if (hint !== '') throw new UsageError(`${name}: ${file} is no file here.${hint}`);
  try {
    return await read();
  } catch (cause) {
    const fault = faultOf(cause, file);
    if (fault === undefined) throw cause;
    const flag = cause instanceof InvalidOptionError ? readingFlags[cause.option] : undefined;
    const named = flag === undefined || fault.includes(file) ? name : flag;
    throw new UsageError(`${named}: ${fault}`, { cause });
  }
}

/** The text of a file that the caller named. @throws UsageError */
export function readText(name: string, file: string): Promise<string> {
  return fromFile(name, file, async () => {
    const bytes = await readFile(file);
    if (isUtf8(bytes)) return bytes.toString('utf8');
    throw new UsageError(
      `${name}: ${file} is not text in UTF-8: convert it, or give another file.`,
    );
  });
}

/** What a text file that the caller named says. @throws UsageError */
export function parseFile<Value>(
  name: string,
  file: string,
  parse: (text: string) => Value,
): Promise<Value> {
  return fromFile(name, file, async () => parse(await readText(name, file)));
}

/**
 * A recipe of a file that the caller named; with `--pull`, after its models of the hub were fetched.
 * @throws UsageError, RecipeError with its place, HubError
 */
export function readRecipe(
  cli: Cli,
  name: string,
  file: string,
  flags: PullFlags & { readonly quiet?: boolean | undefined },
): Promise<Recipe> {
  const fetchMissing = (names: readonly string[]) => pullModels(cli, names, flags);
  return fromFile(name, file, () => loadRecipe(file, flags.pull === true ? { fetchMissing } : {}));
}

/** What is wrong with the file; `undefined` if the error is another's, or says its own place. */
function faultOf(error: unknown, file: string): string | undefined {
  if (isSystemError(error)) return `${file} cannot be read: ${reasonOf(error)}.`;
  const isOfTheFile =
    error instanceof InvalidOptionError ||
    error instanceof GgufError ||
    (error instanceof RecipeError && error.line === undefined);
  return isOfTheFile ? describeFailure(error) : undefined;
}

/**
 * Makes a folder that is to be written to, before there is work that could be lost.
 * @param mode - Permissions of the folders that are created.
 * @throws UsageError
 */
export async function makeFolder(name: string, folder: string, mode?: number): Promise<void> {
  try {
    createFolder(folder, mode);
    await access(folder, constants.W_OK);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new UsageError(`${name}: ${folder} cannot be written to: ${reasonOf(cause)}.`, { cause });
  }
}

/** @param instead - What to do. @throws UsageError for a file that is there. */
export async function requireNew(
  name: string,
  file: string,
  instead = 'give another name',
): Promise<void> {
  if (await isThere(file)) throw new UsageError(`${name}: ${file} is there already: ${instead}.`);
}

/** Makes sure that a file can be written, before there is work that could be lost. @throws UsageError */
export async function requireWritable(name: string, file: string): Promise<void> {
  const part = `${file}.part`;
  try {
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory() === true) {
      throw new UsageError(`${name}: ${file} cannot be written: it is a folder.`);
    }
    await (await open(part, 'w')).close();
    await rm(part);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new UsageError(`${name}: ${file} cannot be written: ${reasonOf(cause)}.`, { cause });
  }
}
